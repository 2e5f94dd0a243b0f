import type { Interval, Moment } from '../../projections/isolation/history/interval.ts';
import type { Lane } from '../../projections/isolation/judging/lanes.ts';
import type { Hindsight } from '../../projections/isolation/judging/recorded.ts';
import { replay, type Batch } from '../ledger/replay.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { IntervalReversed } from './faults.ts';
import { isAfter, type Instant } from '../ledger/instants.ts';
import { HindsightFold, instantOf, type AskersClock } from './fold.ts';

/** The ends of an interval. If left out, it runs from the ledger's first batch, and up to now. */
export interface IntervalEnds {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

/** An interval, and the lane that is asked about: the applied one if it is left out. */
interface IntervalOfLane extends IntervalEnds {
  readonly lane?: Lane;
}

/** The last batch up to some point: its last entry (-1 if there is none), and its time. */
interface Last {
  readonly seq: number;
  readonly recordedAt: string;
}

/** The first batch of a ledger, and the last ones up to the ends of an interval; `from` counts where it was given. */
interface Lasts {
  readonly first: Last;
  readonly from: Last;
  readonly to: Last;
}

/** Where there is no batch. */
export const noBatch: Last = { seq: -1, recordedAt: '' };

/** The time that an answer is about, as its JSON has it. */
export interface ReportScope {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly from: string;
  readonly to: string;
}

export function scopeOf({ from, to }: Pick<Interval, 'from' | 'to'>): ReportScope {
  return { fromSeq: from.seq, toSeq: to.seq, from: from.time, to: to.time };
}

/** An interval of a ledger, and what the whole ledger tells. */
export interface LedgerInterval extends Interval {
  readonly known: Hindsight;
}

/**
 * Finds the moments of the ledger that the ends mean. A time as the end leaves out the batches recorded at that time.
 * An entry as the end leaves out its batch. Now leaves nothing out, so that the answer includes the present. Throws
 * IntervalReversed, NoSuchInstant, and the errors of `replay`. `onBatch` hears each batch of the whole ledger.
 */
export async function intervalOf(
  ledger: LedgerReader,
  ends: IntervalOfLane,
  clock: AskersClock,
  onBatch?: (batch: Batch) => void,
): Promise<LedgerInterval> {
  const to = ends.to ?? { kind: 'now' };
  const lasts = { first: noBatch, from: noBatch, to: noBatch };
  const hindsight = new HindsightFold(clock, ends.lane ?? 'applied');
  await replay(ledger, {
    onBatch: (batch) => {
      hindsight.take(batch);
      onBatch?.(batch);
      const here = { seq: batch.last, recordedAt: batch.recordedAt };
      if (lasts.first === noBatch) lasts.first = here;
      if (ends.from !== undefined && !isAfter(ends.from, batch)) lasts.from = here;
      if (!isAfter(to, batch)) lasts.to = here;
    },
  });
  const now = clock.now();
  const interval = intervalBy(lasts, ends, now);
  return { ...interval, known: hindsight.asOf(now, { at: to, moment: interval.to }) };
}

/** The moments that the ends of an interval mean. Throws IntervalReversed, NoSuchInstant. */
export function intervalBy(lasts: Lasts, ends: IntervalEnds, now: string): Interval {
  const to = ends.to ?? { kind: 'now' };
  const momentOf = (at: Instant, last: Last): Moment => ({
    seq: last.seq,
    time: instantOf(at, last, { now: () => now }),
  });
  const end = momentOf(to, lasts.to);
  const from = ends.from === undefined ? beginning(lasts.first, end) : momentOf(ends.from, lasts.from);
  if (isBefore(end, from)) throw new IntervalReversed({ from, to: end });
  return { from, to: end, end: endKinds[to.kind] };
}

const endKinds = { time: 'nothing', seq: 'earlier-batches', now: 'everything' } as const;

/** The moment of the first batch; or the end itself, if there is no batch, or none before the end. */
function beginning(first: Last, end: Moment): Moment {
  const from = { seq: first.seq, time: first.recordedAt };
  return first === noBatch || isBefore(end, from) ? end : from;
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time === other.time ? one.seq < other.seq : one.time < other.time;
}
