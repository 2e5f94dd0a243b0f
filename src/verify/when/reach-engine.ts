import type { Stop } from '../../../projections/isolation/engine/engine.ts';
import { EngineRun, type StopPlace } from '../../../projections/isolation/history/engine-run.ts';
import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import type { PortHolders } from '../../../projections/isolation/history/port-holders.ts';
import { saysNothingOf } from '../../../projections/isolation/judging/lanes.ts';
import { pairKey } from '../../../projections/isolation/pair.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import { askedOf, reachBy, type Passed, type PassedQuestion } from './passed.ts';
import { TrafficWindows } from './traffic-windows.ts';
import { WindowCauses, type AuthorisingRule, type WindowCause } from './window-causes.ts';

/**
 * Finds what passed between some pairs with an engine, which judges after each entry those of them that it concerns. It follows the
 * ledger from its first batch on: what is open when the interval begins was opened before.
 */
export class ReachEngine {
  readonly #question: PassedQuestion;
  readonly #run: EngineRun;
  readonly #causes = new WindowCauses();
  readonly #windows: TrafficWindows<WindowCause, AuthorisingRule>;
  readonly #noted = new GapsAndReach();

  /** `holders` are those of the whole ledger. */
  constructor(question: PassedQuestion, holders: PortHolders) {
    this.#question = question;
    const isJudged = holders.pairsWith(question.wanted);
    this.#run = new EngineRun(
      question,
      {
        onStop: (stop, place) => {
          this.#look(stop, place);
        },
        onBegin: (instant) => {
          this.#begin(instant);
        },
        onGaps: (instant, gaps) => {
          const passing = this.#saysNothingOf(instant) ? [] : this.#windows.lasting();
          this.#noted.note(instant, { gaps, reach: reachBy(passing, gaps) });
        },
      },
      isJudged,
    );
    this.#windows = new TrafficWindows((pair, consent) => this.#causes.ruleOf(pair, consent, this.state));
  }
  /** The state after the last batch. */
  get state(): IsolationState {
    return this.#run.state;
  }

  /** Takes the next batch, from the ledger's first one up to the one that the interval ends with. */
  follow(batch: FoldedBatch): void {
    this.#causes.expect(batch);
    this.#run.follow(batch);
  }

  /** To be asked once, after the last batch. */
  answer(): Passed {
    this.#run.end();
    const { gaps, reach } = this.#noted.until(this.#question.interval.to.time);
    return { windows: this.#windows.all(), gaps, reach };
  }

  /** What ended before the interval is no part of it. */
  #begin(instant: string): void {
    this.#windows.forgetEnded();
    if (this.#saysNothingOf(instant)) this.#windows.forgetOpen();
  }

  #look({ judged, instant, cause }: Stop, place: StopPlace): void {
    const by = this.#causes.of(cause);
    // What lasts up to now has not ended by that nobody knows what comes.
    if (this.#saysNothingOf(instant)) return;
    const { wanted, traffic } = this.#question;
    for (const pair of judged) {
      if (!wanted.pair(pair)) continue;
      const passing = askedOf(this.#run.engine.passing(pair), traffic);
      this.#windows.close([pairKey(pair)], passing, by);
      if (place !== 'beyond') this.#windows.open(passing, by);
    }
  }

  #saysNothingOf(instant: string): boolean {
    const { lane, known } = this.#question;
    return saysNothingOf(lane, instant, known);
  }
}
