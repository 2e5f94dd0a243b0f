import type { Copied, CopyProgress } from './copy.ts';
import type { CopyTarget, Head, Ledger } from './port.ts';

/**
 * A kind of place where ledgers are kept. A URL names a place of one kind. Only the adapter knows the needs of that
 * kind of place.
 */
export interface LedgerStore {
  readonly kind: 'file' | 'server';
  /** The form of a URL that names such a place, in words. */
  readonly form: string;
  /** True if a URL names such a place. Looks at the form of the URL only. */
  names(url: string): boolean;
  /** A URL as it may be shown: without user and password. */
  shown(url: string): string;
  /** The folder for state that follows from the ledger, in words: `ID` stands for an id that only the place knows. */
  derivedAt(url: string): string;
  /**
   * True if there is a ledger. Throws BadConfig or NoLedgerName for a URL that cannot be used, StoreUnavailable; LedgerGone where a
   * ledger is gone, and what followed from it is not.
   */
  exists(url: string): Promise<boolean>;
  /**
   * Opens the ledger; with `create` it makes one if there is none. Throws StoreUnavailable if there is none;
   * LedgerGone where one was and what followed from it is left; LedgerDamaged, LedgerForked, BadConfig, NoLedgerName, PlaceTaken; and the errors of `accept` of an original.
   */
  open(url: string, how: HowToOpen): Promise<StoredLedger>;
  /**
   * Looks at a place, whatever state its ledger is in, and writes nothing. Throws BadConfig, NoLedgerName;
   * StoreUnavailable if the place does not answer.
   */
  examine(url: string): Promise<PlaceExamination>;
  /**
   * Copies a backup to a place without a ledger: all of it or nothing, and durable when it returns. Throws BadConfig
   * if such a place takes no backups; NoLedgerName, PlaceTaken, StoreUnavailable, LedgerDamaged, UnreadableEntry, and the errors of
   * `accept`.
   */
  restore(url: string, backup: Backup): Promise<PlacedCopy>;
  /** Throws NothingToCopy if two URLs of this kind lead to one place. The first leads to `ledger`. */
  requireTwoPlaces(urls: { from: string; to: string }, ledger: Pick<Ledger, 'id'>): Promise<void>;
  /** True if a URL leads to no ledger yet, and its place has that ledger already, under another name. */
  isFurtherName(url: string, ledger: Pick<Ledger, 'id'>): Promise<boolean>;
}

/** Finds the store whose places a URL names. Throws BadConfig for a URL that names no place. */
export type StoreOf = (url: string) => LedgerStore;

export interface HowToOpen {
  readonly create: boolean;
  /** True for whoever only asks: a place that can be read and not written is then good enough. */
  readonly asksOnly?: boolean;
  /**
   * The ledger whose copy is made here. A copy may come to a place where a ledger was lost. A new ledger may not:
   * state that followed from the lost one would be taken for its own.
   */
  readonly copyOf?: Original;
}

/** A ledger that is copied from store to store. */
export interface Original {
  readonly id: string;
  /**
   * Is asked before a ledger is made, and before anything changes at the place, with the folder for what follows from
   * a ledger there. Not asked where there is a ledger. Throws to refuse.
   */
  readonly accept: (derived: string) => Promise<void>;
}

/** An open ledger, with the help of its place. */
export interface StoredLedger {
  readonly ledger: CopyTarget;
  /** The folder for what follows from the ledger. */
  readonly derived: string;
  /** The ledger's own file, if it is one. */
  readonly file: string | undefined;
  /** The new paths of what a lost ledger left in the way of the copy that was made here. */
  readonly setAside: readonly string[];
  /** Copies the ledger, as it is at this moment, to a file that is not there yet. Throws NoLedgerName, PlaceTaken, StoreUnavailable, LedgerDamaged. */
  readonly backUp: (file: string, onProgress: (progress: CopyProgress) => void) => Promise<PlacedCopy>;
}

/** A backup that is to be put in a place. */
export interface Backup {
  readonly file: string;
  readonly onProgress: (progress: CopyProgress) => void;
  /** The last check of a copy before it gets its place. Throws to refuse the copy. */
  readonly accept: (copy: { readonly ledger: Ledger; readonly derived: string }) => Promise<void>;
}

/** A copy that has its name, and the new paths of what a lost ledger of that name left in its way. */
export interface PlacedCopy extends Copied {
  readonly setAside: readonly string[];
}

/** The facts about a place, whatever state its ledger is in. */
export interface PlaceExamination {
  /** The place of the ledger, in words. */
  readonly where: string;
  readonly isThere: boolean;
  /** The ledger's own file, if it is one. */
  readonly file: string | undefined;
  /** The folder for what follows from the ledger. */
  readonly derived: string;
  /** The files that a ledger in use has beside it. */
  readonly companions: readonly string[];
  /**
   * The settings by which the place may give up entries, also if these cannot be read; undefined for a kind of place
   * without any. Throws StoreUnavailable.
   */
  readonly retentions: (() => Promise<readonly Retention[]>) | undefined;
  /** Throws StoreUnavailable, LedgerDamaged, LedgerForked. The ledger has to be closed. */
  readonly open: () => Promise<ExaminedLedger>;
}

/** A setting by which a place may give up entries. */
export interface Retention {
  /** The part of the place, and its setting. */
  readonly words: string;
  /** True if it cannot be undone. */
  readonly isFinal: boolean;
}

/** A ledger that is open to be looked at, tampered with or not. */
export interface ExaminedLedger {
  readonly ledger: Ledger;
  /** Undefined if the store keeps nothing beside the entries that can be checked. */
  readonly guards: Guards | undefined;
  /** True if a process began to write while the ledger was taken to be at rest: the findings may be wrong then. */
  readonly wasDisturbed: () => boolean;
}

/** The parts of a store beside the entries, which reading the entries does not check. */
export interface Guards {
  /** Throws LedgerDamaged if the guards of the entries are not as they were made. */
  readonly requireDefinitions: () => void;
  /** Throws LedgerDamaged if a part beside the entries contradicts them. */
  readonly requireConsistent: () => void;
}

/**
 * Makes a new file into a ledger with a given id, and fills it by copying entries: all of it or nothing. A store that
 * is no file makes its backups with it. Throws NoLedgerName, PlaceTaken, StoreUnavailable, and the errors of `fill`.
 */
export type FillNewFile = (
  at: { readonly to: string; readonly ledger: string },
  fill: (target: CopyTarget) => Promise<Head>,
) => Promise<PlacedCopy>;
