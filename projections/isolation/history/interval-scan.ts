import { findingKey, inOrder, type Finding } from '../judging/findings.ts';
import { GapsAndReach } from './gaps-and-reach.ts';
import {
  isWithin,
  type IntervalAnswer,
  type IntervalJudge,
  type IntervalQuestion,
  type WindowOpening,
} from './interval.ts';
import { only } from '../judging/contacts.ts';
import { foldedFor, judgeKnown, saysNothingOf, verdictGaps } from '../judging/lanes.ts';
import { edgesOf, edgesOfDrifts } from '../judging/recorded.ts';
import { reachOf } from '../judging/reach.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Timeline, type Cause, type TurningPoint } from './timeline.ts';
import { Windows } from './windows.ts';

/**
 * Judges everything at an interval's beginning, and at every later instant of it at which the answer can change. It is for ledgers
 * that are ahead of the clock of whoever asks: what is authorised may then be of any of several times.
 */
export class IntervalScan implements IntervalJudge {
  readonly #question: IntervalQuestion;
  readonly #timeline: Timeline;
  readonly #windows = new Windows<Finding, WindowOpening, Cause>(findingKey);
  readonly #noted = new GapsAndReach();
  #begun = false;

  constructor(question: IntervalQuestion) {
    this.#question = question;
    const { lane, known } = question;
    this.#timeline = new Timeline((point) => this.#look(point), {
      stops: [...edgesOf(known), ...(lane === 'intended' ? [] : edgesOfDrifts(known))],
      state: new IsolationState({ clock: known.clockAhead?.now, ...foldedFor(lane) }),
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
      ...this.#noted.until(time),
    };
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const { time } = this.#question.interval.from;
    const found = this.#judge(time);
    this.#tell(found, time);
    this.#note(time, found);
    this.#timeline.begin(time, found);
  }

  #look({ instant, cause }: TurningPoint): readonly Finding[] {
    const { lane, known } = this.#question;
    const found = this.#judge(instant);
    const there = [...found, ...this.#lasting(instant)];
    // What lasts up to now has not ended by that nobody knows what comes.
    const isOpen = saysNothingOf(lane, instant, known);
    if (!isOpen) this.#windows.close(there, cause);
    if (this.#isWithin(instant)) {
      this.#tell(found, instant, cause);
      this.#note(instant, found);
    }
    return there;
  }

  /** Opens the windows of what is told. A pair that is not asked about may have had its findings before something was told of it. */
  #tell(found: readonly Finding[], time: string, cause?: Cause): void {
    const toldAt = { seq: this.state.seq, time };
    for (const finding of found) {
      const isAsked = this.#question.wanted.pair(finding);
      this.#windows.open([finding], { cause: isAsked ? cause : undefined, toldAt });
    }
  }

  /** The findings of pairs that are not asked about, and have a window: it lasts also where nothing is told of it any more. */
  #lasting(instant: string): Finding[] {
    const lasting = Array.from(this.#windows.lasting.values(), ({ item }) => item);
    const others = lasting.filter((finding) => !this.#question.wanted.pair(finding));
    return others.length === 0 ? [] : this.#judge(instant, only(others));
  }

  #judge(instant: string, wanted = this.#question.wanted): Finding[] {
    const { lane, known } = this.#question;
    return judgeKnown(lane, { state: this.state, instant, wanted }, known);
  }

  /** Notes the gaps and the reach of an instant of the interval. */
  #note(instant: string, findings: readonly Finding[]): void {
    const { lane, wanted, known, reach } = this.#question;
    const gaps = verdictGaps(lane, { state: this.state, instant, wanted, findings }, known);
    const at = { state: this.state, instant };
    this.#noted.note(instant, {
      gaps,
      reach: reach && reachOf(lane, { ...at, wanted: reach.there }, { findings, gaps }),
      reachBack: reach && reachOf(lane, { ...at, wanted: reach.back }, { findings, gaps }),
    });
  }

  /** A window that ends at a point that does not belong to the interval is closed all the same. */
  #isWithin(instant: string): boolean {
    return isWithin(this.#question.interval, { time: instant, seq: this.state.seq });
  }
}
