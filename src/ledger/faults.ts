import type { UnreadableEntry } from '../../events/codec/unreadable-entry.ts';
import { Fault } from '../runtime/errors.ts';

/** An entry of a conditioned subject came after the seq that the caller had seen. `found` is that entry's seq. */
export class Conflict extends Fault {
  readonly code = 'Conflict';
  readonly category = 'conflict';
  readonly subject: string;
  readonly since: number;
  readonly found: number;

  constructor(at: { subject: string; since: number; found: number }) {
    super(`${at.subject} changed at entry ${String(at.found)}, after entry ${String(at.since)}`);
    this.subject = at.subject;
    this.since = at.since;
    this.found = at.found;
  }
}

/** An idempotency key came a second time with another content. */
export class DuplicateWithDifferentContent extends Fault {
  readonly code = 'DuplicateWithDifferentContent';
  readonly category = 'conflict';

  constructor(idempotencyKey: string) {
    super(`idempotency key ${idempotencyKey} was used before, for another content`);
  }
}

export class EntryTooLarge extends Fault {
  readonly code = 'EntryTooLarge';
  readonly category = 'input';

  constructor(at: { subject: string; type: string; bytes: number; bytesMax: number }) {
    super(
      `${at.type} of ${at.subject} takes ${String(at.bytes)} bytes, an entry at most ${String(at.bytesMax)}: divide what it holds`,
    );
  }
}

/** An entry that no reader would take, since its subject, actor or data is not as its form asks. Nothing was recorded. */
export class UnfitEntry extends Fault {
  readonly code = 'UnfitEntry';
  readonly category = 'input';

  constructor({ subject, type }: { subject: string; type: string }, cause: UnreadableEntry) {
    super(
      `${type} of ${subject} is no entry that could be read again, so it is not recorded: ${cause.message}`,
      {
        cause,
      },
    );
  }
}

/** The store may or may not have kept the batch; append again with the same idempotency key to know. */
export class UnknownOutcome extends Fault {
  readonly code = 'UnknownOutcome';
  readonly category = 'unreachable';
  readonly ids: readonly string[];

  constructor(ids: readonly string[], cause: unknown) {
    super('the store did not say whether it kept the batch: repeat the command to know', { cause });
    this.ids = ids;
  }
}

/** Two roots that differ at `size`. `actualSize` is the ledger's own, if it has fewer entries than were seen. */
interface RootsPart {
  readonly size: number;
  readonly expectedRoot: string;
  readonly actualRoot: string;
  readonly actualSize?: number;
}

/** Entries from seq `from` on that must be there and are not. `found` is the first entry that is there, if any. */
interface EntriesGone {
  readonly place: string;
  readonly from: number;
  readonly found?: number;
}

/** Entry `changed` holds other bytes than when it was read before. */
interface EntryChanged {
  readonly place: string;
  readonly changed: number;
}

/** The pointer to the ledger of a server, in words, which is gone. */
interface LedgerUnnamed {
  readonly pointer: string;
}

/** A reader that has entry `after` of a ledger with fewer entries. */
interface ReaderAhead {
  readonly after: number;
  readonly entries: number;
}

/** The file of a ledger that is no longer the one that was opened. */
interface FileReplaced {
  readonly replaced: string;
}

type ForkedAt = RootsPart | EntriesGone | EntryChanged | LedgerUnnamed | ReaderAhead | FileReplaced;

/**
 * `parted`: roots differ. `gone`, `changed`: entries that were there are missing, or are other ones. `unnamed`: a
 * server no longer says which ledger it has. `ahead`: a reader has more than the ledger. `replaced`: another file, or
 * none, stands where the ledger was opened.
 */
type Fork = 'parted' | 'gone' | 'changed' | 'unnamed' | 'ahead' | 'replaced';

/** The entries that were read before are not those of the ledger now: it has another history, or was cut. */
export class LedgerForked extends Fault {
  readonly code = 'LedgerForked';
  readonly category = 'integrity';
  readonly fork: Fork;
  /** Undefined if no roots were compared. */
  readonly expectedRoot: string | undefined;
  readonly actualRoot: string | undefined;

  constructor(at: ForkedAt) {
    const [fork, words] = forkOf(at);
    super(words);
    this.fork = fork;
    this.expectedRoot = 'size' in at ? at.expectedRoot : undefined;
    this.actualRoot = 'size' in at ? at.actualRoot : undefined;
  }
}

function forkOf(at: ForkedAt): [Fork, string] {
  if ('replaced' in at) return ['replaced', replacedWords(at)];
  if ('after' in at) return ['ahead', aheadWords(at)];
  if ('pointer' in at) return ['unnamed', unnamedWords(at)];
  if ('changed' in at) return ['changed', changedWords(at)];
  return 'place' in at ? ['gone', goneWords(at)] : ['parted', partWords(at)];
}

function unnamedWords({ pointer }: LedgerUnnamed): string {
  return `${pointer} was deleted or cut: its one event says which ledger this is, and so where the entries are`;
}

function replacedWords({ replaced }: FileReplaced): string {
  return `${replaced} is no longer the file that was opened: it was moved away, or another one was put in its place`;
}

function aheadWords({ after, entries }: ReaderAhead): string {
  const last = entries === 0 ? 'it has none' : `its last one is entry ${String(entries - 1)}`;
  return `the ledger has no entry ${String(after)} to go on behind: ${last}`;
}

function partWords({ size, expectedRoot, actualRoot, actualSize }: RootsPart): string {
  return actualSize === undefined
    ? `the ledger's history is not the one seen before: at size ${String(size)} the root should be ${expectedRoot}, it is ${actualRoot}`
    : `the ledger's history was cut: ${String(size)} entries with root ${expectedRoot} were seen before, there are ${String(actualSize)} with root ${actualRoot}`;
}

function changedWords({ place, changed }: EntryChanged): string {
  return `the ledger's history is not the one seen before: entry ${String(changed)} of ${place} is another one now`;
}

function goneWords({ place, from, found }: EntriesGone): string {
  const next = found === undefined ? 'and nothing follows' : `the next one is entry ${String(found)}`;
  return `the ledger's history was cut: entry ${String(from)} of ${place} is gone, ${next}`;
}

/** The ledger contradicts itself: a gap, a batch out of order, bytes that are no entry. */
export class LedgerDamaged extends Fault {
  readonly code = 'LedgerDamaged';
  readonly category = 'integrity';
}

/** A ledger is no longer where it was, and what followed from it is. */
export class LedgerGone extends Fault {
  readonly code = 'LedgerGone';
  readonly category = 'integrity';
}

/** The store cannot be opened, read or written (missing, locked for too long, disk full, broken device). */
export class StoreUnavailable extends Fault {
  readonly code = 'StoreUnavailable';
  readonly category = 'unreachable';
  /** True where the machine was seen to keep this process from it: rights, room, a limit. Nothing tells that the store is damaged. */
  readonly isObstructed: boolean;
  /** True where the message names all that is to be done. Nothing tells that the store is damaged. */
  readonly namesStep: boolean;

  constructor(
    message: string,
    {
      isObstructed = false,
      namesStep = false,
      ...options
    }: ErrorOptions & { isObstructed?: boolean; namesStep?: boolean } = {},
  ) {
    super(message, options);
    this.isObstructed = isObstructed;
    this.namesStep = namesStep;
  }
}

/** The file that a copy was to become is there already. A file is never replaced. */
export class PlaceTaken extends Fault {
  readonly code = 'PlaceTaken';
  readonly category = 'input';

  constructor(path: string) {
    super(`${path} is there already, and is not replaced: name another file, or move that one away`);
  }
}

/** A name that no ledger's file may have, since a file of that name belongs to another ledger. */
export class NoLedgerName extends Fault {
  readonly code = 'NoLedgerName';
  readonly category = 'input';
}

/** One ledger cannot become a copy of the other: they are one ledger, or the copy was written to since. */
export class NothingToCopy extends Fault {
  readonly code = 'NothingToCopy';
  readonly category = 'input';
}
