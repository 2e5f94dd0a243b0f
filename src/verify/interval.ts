import type { Interval, Moment } from '../../projections/isolation/history/interval-judge.ts';
import type { Recorded } from '../../projections/isolation/judging/recorded.ts';
import { replay } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { IntervalReversed } from './faults.ts';
import { isAfter, type Instant } from '../ledger/instants.ts';
import { instantOf, RecordedTimes } from './fold.ts';

/** The ends of an interval: from the ledger's first batch on, and up to now, if left out. */
export interface IntervalEnds {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

/** The last batch that counts somewhere: its last entry, -1 if there is none, and when it was recorded. */
interface Last {
  readonly seq: number;
  readonly recordedAt: string;
}

const none: Last = { seq: -1, recordedAt: '' };

/** An interval of a ledger, and the time of which that can tell. */
export interface LedgerInterval extends Interval {
  readonly recorded: Recorded;
}

/**
 * Finds out which moments of the ledger the ends are. A time as the end leaves out what was recorded at it; an entry
 * leaves out its batch; now leaves nothing out, so that the answer up to now holds what holds now. Throws
 * IntervalReversed, NoSuchInstant, and whatever `replay` throws.
 */
export async function intervalOf(
  ledger: LedgerReader,
  ends: IntervalEnds,
  clock: WallClock,
): Promise<LedgerInterval> {
  const to = ends.to ?? { kind: 'now' };
  const lasts = { first: none, from: none, to: none };
  const times = new RecordedTimes();
  await replay(ledger, {
    onBatch: (batch) => {
      times.take(batch);
      const here = { seq: batch.last, recordedAt: batch.recordedAt };
      if (lasts.first === none) lasts.first = here;
      if (ends.from !== undefined && !isAfter(ends.from, batch)) lasts.from = here;
      if (!isAfter(to, batch)) lasts.to = here;
    },
  });
  const now = clock.now();
  const momentOf = (at: Instant, last: Last): Moment => ({
    seq: last.seq,
    time: instantOf(at, last, { now: () => now }),
  });
  const end = momentOf(to, lasts.to);
  const from = ends.from === undefined ? beginning(lasts.first, end) : momentOf(ends.from, lasts.from);
  if (isBefore(end, from)) throw new IntervalReversed({ from, to: end });
  return { from, to: end, end: endKinds[to.kind], recorded: times.recordedBy(now) };
}

const endKinds = { time: 'nothing', seq: 'earlier-batches', now: 'everything' } as const;

/** The first batch; where the end comes before it, or there is none, the end itself. */
function beginning(first: Last, end: Moment): Moment {
  const from = { seq: first.seq, time: first.recordedAt };
  return first === none || isBefore(end, from) ? end : from;
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time === other.time ? one.seq < other.seq : one.time < other.time;
}
