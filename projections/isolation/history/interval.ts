import type { Gap } from '../hosts/gap.ts';
import type { Wanted } from '../judging/contacts.ts';
import type { Finding } from '../judging/findings.ts';
import type { Lane } from '../judging/lanes.ts';
import type { ReachStretch } from '../judging/reach.ts';
import type { Hindsight } from '../judging/recorded.ts';
import type { FoldedBatch, IsolationState } from '../state.ts';
import type { Cause } from './timeline.ts';
import type { Window } from './windows.ts';

/** A point of the history: a last entry (-1 if there is none), and the time, not before that entry's. */
export interface Moment {
  readonly seq: number;
  readonly time: string;
}

/** The time from one moment (included) to another one. `from` belongs to it even if the two are equal. */
export interface Interval {
  readonly from: Moment;
  readonly to: Moment;
  /**
   * The part of the instant `to.time` that belongs to it: `nothing`; the `earlier-batches` of that millisecond,
   * recorded before the batch that ends with `to.seq`; or `everything`.
   */
  readonly end: 'nothing' | 'earlier-batches' | 'everything';
}

export interface IntervalQuestion {
  readonly lane: Lane;
  readonly interval: Interval;
  readonly wanted: Wanted;
  /** What the whole ledger tells. No answer about another time than its own is certain. */
  readonly known: Hindsight;
  /** The pairs, among those wanted, whose reach is asked for: one way, and the way back. */
  readonly reach?: { readonly there: Wanted; readonly back: Wanted } | undefined;
}

/**
 * The beginning of a window. A window is the pair's: the stretch for which two ends have findings of one kind without a break, whoever
 * the packets pass as. What is asked about only chooses among windows: those of which something is told at some instant.
 */
export interface WindowOpening {
  /** Undefined where it may lie before all that was looked at. */
  readonly cause: Cause | undefined;
  /** The first moment looked at where something was told of it: an unknown cause lies there, or before. */
  readonly toldAt: Moment;
}

/** A gap, and a stretch of time for which it was open. */
export interface GapWindow extends Gap {
  readonly from: string;
  readonly to: string;
}

/** The findings, gaps and reach of all instants of an interval. */
export interface IntervalAnswer {
  /** Sorted as findings are, then by time. */
  readonly windows: readonly Window<Finding, WindowOpening, Cause>[];
  readonly gaps: readonly GapWindow[];
  /** Empty if it was not asked for. */
  readonly reach: readonly ReachStretch[];
  readonly reachBack: readonly ReachStretch[];
}

/** Finds all that was so in an interval. */
export interface IntervalJudge {
  /** The state after the last batch. */
  readonly state: IsolationState;
  /** Takes the next batch, from the ledger's first one up to the one that `to.seq` ends. */
  follow(batch: FoldedBatch): void;
  /** To be asked once, after the last batch. */
  answer(): IntervalAnswer;
}

/** True if a point after `from`, and not after `to`, belongs to an interval. */
export function isWithin({ to, end }: Interval, { time, seq }: Moment): boolean {
  if (time < to.time) return true;
  return end === 'everything' || (end === 'earlier-batches' && seq < to.seq);
}
