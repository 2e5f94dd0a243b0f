import type { Copied, CopyProgress } from './copy.ts';
import type { CopyTarget, Head, Ledger } from './port.ts';

/**
 * A kind of place where ledgers are kept. A URL names a place of one kind. Whatever that kind of place needs is known here,
 * and nowhere outside of the adapter.
 */
export interface LedgerStore {
  readonly kind: 'file' | 'server';
  /** The form of a URL that names such a place, in words. */
  readonly form: string;
  /** Whether a URL names such a place. Looks at the form of the URL only. */
  names(url: string): boolean;
  /** A URL as it may be shown: without user and password. */
  shown(url: string): string;
  /** The folder for what follows from the ledger, in words: `ID` stands for an id that only the place knows. */
  derivedAt(url: string): string;
  /** Whether there is a ledger. Throws BadConfig for a URL that cannot be used, StoreUnavailable. */
  exists(url: string): Promise<boolean>;
  /**
   * Opens the ledger, and makes one where that is asked for and there is none. Throws StoreUnavailable where there is none;
   * LedgerDamaged, LedgerForked, BadConfig.
   */
  open(url: string, how: HowToOpen): Promise<StoredLedger>;
  /**
   * Looks at a place, whatever state its ledger is in, and writes nothing. Throws BadConfig, StoreUnavailable where the
   * place does not answer.
   */
  examine(url: string): Promise<PlaceExamination>;
  /**
   * Puts a backup where there is no ledger: all of it or nothing, and durable when it returns. Throws BadConfig where such
   * a place takes no backups; PlaceTaken, StoreUnavailable, LedgerDamaged, UnreadableEntry, and what `accept` throws.
   */
  restore(url: string, backup: Backup): Promise<Restored>;
  /** Throws NothingToCopy where two URLs of this kind, of which the first leads to `ledger`, lead to one place. */
  requireTwoPlaces(urls: { from: string; to: string }, ledger: Pick<Ledger, 'id'>): Promise<void>;
  /** Whether a URL leads to no ledger yet, and its place holds that ledger already, under another name. */
  isFurtherName(url: string, ledger: Pick<Ledger, 'id'>): Promise<boolean>;
}

/** Finds the store whose places a URL names. Throws BadConfig for a URL that names no place. */
export type StoreOf = (url: string) => LedgerStore;

export interface HowToOpen {
  readonly create: boolean;
  /**
   * The id of the ledger whose copy is made here. A copy may come to a place where a ledger was lost; a new ledger may not,
   * since what followed from the lost one would be taken for its own.
   */
  readonly copyOf?: string;
}

/** An open ledger, and what its place adds to it. */
export interface StoredLedger {
  readonly ledger: CopyTarget;
  /** The folder for what follows from the ledger. */
  readonly derived: string;
  /** Copies the ledger, as it is at this moment, to a file that is not there yet. Throws PlaceTaken, StoreUnavailable, LedgerDamaged. */
  readonly backUp: (file: string, onProgress: (progress: CopyProgress) => void) => Promise<Copied>;
}

/** A backup that is to be put in a place. */
export interface Backup {
  readonly file: string;
  readonly onProgress: (progress: CopyProgress) => void;
  /** The last word on the copy, before it gets its place: throws to refuse it. */
  readonly accept: (copy: { readonly ledger: Ledger; readonly derived: string }) => Promise<void>;
}

/** What was restored, and where the logs of a lost ledger are now that stood in its way. */
export interface Restored extends Copied {
  readonly setAside: readonly string[];
}

/** What can be told of a place, whatever state its ledger is in. */
export interface PlaceExamination {
  /** Where the ledger is, in words. */
  readonly where: string;
  readonly isThere: boolean;
  /** The ledger's own file, where it is one. */
  readonly file: string | undefined;
  /** The folder for what follows from the ledger. */
  readonly derived: string;
  /** The files that a ledger in use has beside it. */
  readonly companions: readonly string[];
  /** What lets the place give up entries, whether or not they can be read; undefined where nothing does. Throws StoreUnavailable. */
  readonly retentions: (() => Promise<readonly Retention[]>) | undefined;
  /** Throws StoreUnavailable, LedgerDamaged, LedgerForked. The ledger has to be closed. */
  readonly open: () => Promise<ExaminedLedger>;
}

/** What lets a place give up entries. */
export interface Retention {
  /** Which part of the place, and what was done to it. */
  readonly words: string;
  /** Nothing takes it back. */
  readonly isFinal: boolean;
}

/** A ledger that is open to be looked at, tampered with or not. */
export interface ExaminedLedger {
  readonly ledger: Ledger;
  /** Undefined where the store keeps nothing beside the entries that can be looked at. */
  readonly guards: Guards | undefined;
  /** Whether a process began to write while the ledger was taken to be at rest: the findings may be wrong then. */
  readonly wasDisturbed: () => boolean;
}

/** What is kept beside the entries, and is not looked at by reading them. */
export interface Guards {
  /** Throws LedgerDamaged where what keeps the entries from being changed is not as it was made. */
  readonly requireDefinitions: () => void;
  /** Throws LedgerDamaged where something beside the entries contradicts them. */
  readonly requireConsistent: () => void;
}

/**
 * Makes a file that is not there yet a ledger of a given id, filled by copying entries: all of it or nothing. A store that
 * is no file makes its backups with it. Throws PlaceTaken, StoreUnavailable, and what `fill` throws.
 */
export type FillNewFile = (
  at: { readonly to: string; readonly ledger: string },
  fill: (target: CopyTarget) => Promise<Head>,
) => Promise<Copied>;
