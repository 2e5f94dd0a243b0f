import { replay, rootOf, start, type Cursor } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { upTo } from '../ledger/up-to.ts';
import type { WallClock } from '../runtime/clock.ts';
import { NoSuchInstant } from './faults.ts';
import type { AskersClock, Moment } from './fold.ts';

/** A ledger as it was once, and the time of its last entry then, which was now. */
export interface AsKnown {
  readonly ledger: LedgerReader;
  readonly clock: AskersClock;
  readonly knownAt: Moment;
}

/** The last batch of a ledger; undefined where there is none. Throws the errors of reading a ledger. */
export async function lastBatch(ledger: LedgerReader): Promise<Moment | undefined> {
  let last: Moment | undefined;
  await replay(ledger, {
    onBatch: ({ last: seq, recordedAt: time }) => {
      last = { seq, time };
    },
  });
  return last;
}

/**
 * A ledger as it was known at the end of the batch of an entry: later entries are not there. Now is the time of that
 * entry; what is still to come begins only where the next batch was recorded, or after the clock's now. The whole ledger
 * is read and checked first. Throws NoSuchInstant, and the errors of reading a ledger.
 */
export async function asKnownAt(ledger: LedgerReader, seq: number, clock: WallClock): Promise<AsKnown> {
  let cursor: Cursor = start;
  let last = { seq: -1, recordedAt: '' };
  let isOfThen = false;
  let next: string | undefined;
  await replay(ledger, {
    onBatch: ({ first, last: end, recordedAt }) => {
      isOfThen = first <= seq;
      if (isOfThen) last = { seq: end, recordedAt };
      else next ??= recordedAt;
    },
    onSettled: (settled) => {
      if (isOfThen) cursor = settled;
      isOfThen = false;
    },
  });
  const shown = clock.now();
  if (last.seq < seq) throw new NoSuchInstant({ seq, head: last.seq });
  return {
    ledger: upTo(ledger, { size: cursor.size, root: rootOf(cursor) }),
    clock: { now: () => last.recordedAt, knownUntil: next ?? shown, shown },
    knownAt: { seq: last.seq, time: last.recordedAt },
  };
}
