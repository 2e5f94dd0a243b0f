import type { Wanted } from '../judging/contacts.ts';
import { findingKey, inOrder, type Finding } from '../judging/findings.ts';
import { gapKey, type Gap } from '../hosts/gap.ts';
import { judgeKnown, saysNothingOf, verdictGaps, type Lane } from '../judging/lanes.ts';
import { edgesOf, edgesOfDrifts, type Hindsight } from '../judging/recorded.ts';
import { ReachStretches, reachOf, type ReachStretch } from '../judging/reach.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Timeline, type Cause, type TurningPoint } from './timeline.ts';
import { Windows, type Window } from './windows.ts';

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

/** A gap, and a stretch of time for which it was open. */
export interface GapWindow extends Gap {
  readonly from: string;
  readonly to: string;
}

/** The findings, gaps and reach of all instants of an interval. */
export interface IntervalAnswer {
  /**
   * Sorted as findings are, then by time. A finding that was there at `from` has no `openedBy`: earlier time is not
   * looked at.
   */
  readonly windows: readonly Window<Finding, Cause | undefined, Cause>[];
  readonly gaps: readonly GapWindow[];
  /** Empty if it was not asked for. */
  readonly reach: readonly ReachStretch[];
  readonly reachBack: readonly ReachStretch[];
}

/** Judges an interval at its beginning, and at every later instant of it at which the answer can change. */
export class IntervalJudge {
  readonly #question: IntervalQuestion;
  readonly #timeline: Timeline;
  readonly #windows = new Windows<Finding, Cause | undefined, Cause>(findingKey);
  readonly #gaps = new Windows<Gap, string, string>(gapKey);
  readonly #reach = new ReachStretches();
  readonly #reachBack = new ReachStretches();
  #begun = false;

  constructor(question: IntervalQuestion) {
    this.#question = question;
    const { lane, known } = question;
    this.#timeline = new Timeline((point) => this.#look(point), {
      stops: [...edgesOf(known), ...(lane === 'applied' ? edgesOfDrifts(known) : [])],
      state: new IsolationState({ clock: known.clockAhead?.now }),
    });
  }

  /** The state after the last batch. */
  get state(): IsolationState {
    return this.#timeline.state;
  }

  /** Takes the next batch, from the ledger's first one up to the one that `to.seq` ends. */
  follow(batch: FoldedBatch): void {
    if (batch.last <= this.#question.interval.from.seq) {
      this.#timeline.skip(batch);
      return;
    }
    this.#begin();
    this.#timeline.follow(batch);
  }

  /** To be asked once, after the last batch. */
  answer(): IntervalAnswer {
    const { time } = this.#question.interval.to;
    this.#begin();
    this.#timeline.passTime(time);
    return {
      windows: inOrder(this.#windows.all(), ({ item }) => item),
      gaps: this.#gaps
        .all()
        .map(({ item, openedBy, closedBy }) => ({ ...item, from: openedBy, to: closedBy ?? time })),
      reach: this.#reach.until(time),
      reachBack: this.#reachBack.until(time),
    };
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const { time } = this.#question.interval.from;
    const found = this.#judge(time);
    this.#windows.open(found, undefined);
    this.#note(time, found);
    this.#timeline.begin(time, found);
  }

  #look({ instant, cause }: TurningPoint): readonly Finding[] {
    const { lane, known } = this.#question;
    const found = this.#judge(instant);
    // What lasts up to now has not ended by that nobody knows what comes.
    const isOpen = saysNothingOf(lane, instant, known);
    if (!isOpen) this.#windows.close(found, cause);
    if (this.#isWithin(instant)) {
      this.#windows.open(found, cause);
      this.#note(instant, found);
    }
    return found;
  }

  #judge(instant: string): Finding[] {
    const { lane, wanted, known } = this.#question;
    return judgeKnown(lane, { state: this.state, instant, wanted }, known);
  }

  /** Notes the gaps and the reach of an instant of the interval. */
  #note(instant: string, findings: readonly Finding[]): void {
    const { lane, wanted, known, reach } = this.#question;
    const gaps = verdictGaps(lane, { state: this.state, instant, wanted, findings }, known);
    this.#gaps.close(gaps, instant);
    this.#gaps.open(gaps, instant);
    if (reach === undefined) return;
    const asked = { state: this.state, instant };
    this.#reach.add(instant, reachOf(lane, { ...asked, wanted: reach.there }, { findings, gaps }));
    this.#reachBack.add(instant, reachOf(lane, { ...asked, wanted: reach.back }, { findings, gaps }));
  }

  /**
   * True if a point after `from`, and not after `to`, belongs to the interval. A window that ends just there is
   * closed even if not.
   */
  #isWithin(instant: string): boolean {
    const { to, end } = this.#question.interval;
    if (instant < to.time) return true;
    return end === 'everything' || (end === 'earlier-batches' && this.state.seq < to.seq);
  }
}
