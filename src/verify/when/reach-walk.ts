import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import { isWithin } from '../../../projections/isolation/history/interval.ts';
import { Timeline, type TurningPoint } from '../../../projections/isolation/history/timeline.ts';
import type { Finding } from '../../../projections/isolation/judging/findings.ts';
import {
  foldedFor,
  judgeKnown,
  saysNothingOf,
  verdictGaps,
} from '../../../projections/isolation/judging/lanes.ts';
import { passingAt, type Passing } from '../../../projections/isolation/judging/passing.ts';
import { edgesOf, edgesOfDrifts } from '../../../projections/isolation/judging/recorded.ts';
import { IsolationState, type FoldedBatch } from '../../../projections/isolation/state.ts';
import { askedOf, reachBy, type Passed, type PassedQuestion } from './passed.ts';
import { TrafficWindows } from './traffic-windows.ts';
import { WindowCauses, type AuthorisingRule, type WindowCause } from './window-causes.ts';

/**
 * Looks at some pairs at every instant at which an answer can change, from the ledger's first batch on: what is open when the
 * interval begins was opened before. It is for ledgers that are ahead of the clock of whoever asks, as IntervalScan is.
 */
export class ReachWalk {
  readonly #question: PassedQuestion;
  readonly #timeline: Timeline;
  readonly #causes = new WindowCauses();
  readonly #windows: TrafficWindows<WindowCause, AuthorisingRule>;
  readonly #noted = new GapsAndReach();
  #begun = false;

  constructor(question: PassedQuestion) {
    this.#question = question;
    const { lane, known } = question;
    this.#timeline = new Timeline((point) => this.#look(point), {
      stops: [...edgesOf(known), ...(lane === 'intended' ? [] : edgesOfDrifts(known))],
      state: new IsolationState({ clock: known.clockAhead?.now, ...foldedFor(lane) }),
    });
    this.#windows = new TrafficWindows((pair, consent) => this.#causes.ruleOf(pair, consent, this.state));
  }

  /** The state after the last batch. */
  get state(): IsolationState {
    return this.#timeline.state;
  }

  /** Takes the next batch, from the ledger's first one up to the one that the interval ends with. */
  follow(batch: FoldedBatch): void {
    if (batch.last > this.#question.interval.from.seq) this.#begin();
    this.#causes.expect(batch);
    this.#timeline.follow(batch);
  }

  /** To be asked once, after the last batch. */
  answer(): Passed {
    const { time } = this.#question.interval.to;
    this.#begin();
    this.#timeline.passTime(time);
    const { gaps, reach } = this.#noted.until(time);
    return { windows: this.#windows.all(), gaps, reach };
  }

  /** Comes to the beginning of the interval. What ended before is no part of it. */
  #begin(): void {
    if (this.#begun) return;
    const { interval, lane, known } = this.#question;
    const { time } = interval.from;
    this.#timeline.passTime(time);
    this.#begun = true;
    this.#windows.forgetEnded();
    if (saysNothingOf(lane, time, known)) this.#windows.forgetOpen();
    const findings = this.#judge(time);
    this.#note(time, { findings, passing: this.#passing(time, findings) });
  }

  #look({ instant, cause }: TurningPoint): readonly Finding[] {
    const { interval, lane, known } = this.#question;
    const by = this.#causes.of(cause);
    const findings = this.#judge(instant);
    const passing = this.#passing(instant, findings);
    // What lasts up to now has not ended by that nobody knows what comes.
    if (!saysNothingOf(lane, instant, known)) this.#windows.close(this.#windows.pairs, passing, by);
    if (this.#begun && !isWithin(interval, { time: instant, seq: this.state.seq })) return findings;
    this.#windows.open(passing, by);
    if (this.#begun) this.#note(instant, { findings, passing });
    return findings;
  }

  #judge(instant: string): Finding[] {
    const { lane, wanted, known } = this.#question;
    return judgeKnown(lane, { state: this.state, instant, wanted, excessOnly: true }, known);
  }

  #passing(instant: string, findings: readonly Finding[]): Passing[] {
    const { lane, wanted, known, traffic } = this.#question;
    const certainUpTo = known.clockAhead?.now;
    const asked = { state: this.state, instant, wanted, findings, certainUpTo };
    return askedOf(passingAt(lane, asked, known), traffic);
  }

  #note(
    instant: string,
    { findings, passing }: { readonly findings: readonly Finding[]; readonly passing: readonly Passing[] },
  ): void {
    const { lane, wanted, known } = this.#question;
    const gaps = verdictGaps(lane, { state: this.state, instant, wanted, findings }, known);
    this.#noted.note(instant, { gaps, reach: reachBy(passing, gaps) });
  }
}
