import { Engine, type Stop } from '../engine/engine.ts';
import type { IsJudged } from '../engine/step.ts';
import type { Gap } from '../hosts/gap.ts';
import { gapsFoundLater, gapsOfTime } from '../judging/lanes.ts';
import { edgesOf, edgesOfDrifts } from '../judging/recorded.ts';
import type { FoldedBatch, IsolationState } from '../state.ts';
import { isWithin, type IntervalQuestion } from './interval.ts';

/** Whether a stop lies before the interval, is part of it, or comes after it. */
export type StopPlace = 'before' | 'within' | 'beyond';

/** Somebody who hears of an interval, in order. */
export interface RunListener {
  readonly onStop: (stop: Stop, place: StopPlace) => void;
  /** The interval begins, at or after the last stop. */
  readonly onBegin: (instant: string) => void;
  /** The gaps at its beginning, and at each later instant of it at which they may be others. */
  readonly onGaps: (instant: string, gaps: readonly Gap[]) => void;
}

/** Follows a ledger with an engine from its first entry, through an interval up to its end. */
export class EngineRun {
  readonly engine: Engine;
  readonly #question: Omit<IntervalQuestion, 'reach'>;
  readonly #listener: RunListener;
  /** Instants to come at which less is known from then on; the next one at the end. */
  readonly #edges: string[];
  #ofState: readonly Gap[] | undefined;
  #isInside = false;

  constructor(question: Omit<IntervalQuestion, 'reach'>, listener: RunListener, isJudged?: IsJudged) {
    const { lane, known } = question;
    this.#question = question;
    this.#listener = listener;
    this.engine = new Engine(
      lane,
      (stop) => {
        this.#look(stop);
      },
      isJudged,
    );
    const edges = [...edgesOf(known), ...(lane === 'intended' ? [] : edgesOfDrifts(known))];
    this.#edges = [...new Set(edges)].sort().reverse();
  }

  get state(): IsolationState {
    return this.engine.state;
  }

  follow(batch: FoldedBatch): void {
    if (batch.last > this.#question.interval.from.seq) this.#begin();
    if (this.#isInside) this.#passTime(batch.recordedAt, { including: false });
    this.#ofState = undefined;
    this.engine.follow(batch);
    this.#leaveBehind(batch.recordedAt);
  }

  /** Comes to the end of the interval, after the last batch. */
  end(): void {
    this.#begin();
    this.#passTime(this.#question.interval.to.time, { including: true });
  }

  #begin(): void {
    if (this.#isInside) return;
    const { time } = this.#question.interval.from;
    this.engine.passTime(time, { including: true });
    this.#leaveBehind(time);
    this.#isInside = true;
    this.#listener.onBegin(time);
    this.#tellGaps(time);
  }

  /** Lets the clock run, and looks at the edges too. */
  #passTime(until: string, { including }: { readonly including: boolean }): void {
    for (;;) {
      const edge = this.#edges.at(-1);
      if (edge === undefined || edge > until || (edge === until && !including)) break;
      this.#edges.pop();
      this.engine.passTime(edge, { including: true });
      if (this.#isPart(edge)) this.#tellGaps(edge);
    }
    this.engine.passTime(until, { including });
  }

  /** Edges that were passed are not looked at any more. */
  #leaveBehind(instant: string): void {
    for (let edge = this.#edges.at(-1); edge !== undefined && edge <= instant; edge = this.#edges.at(-1))
      this.#edges.pop();
  }

  #look(stop: Stop): void {
    // Time may change with whom an end exchanges packets. What hosts hold does not change by the clock.
    if (this.#question.lane === 'intended') this.#ofState = undefined;
    const inside = this.#isPart(stop.instant) ? 'within' : 'beyond';
    const place = this.#isInside ? inside : 'before';
    this.#listener.onStop(stop, place);
    if (place === 'within') this.#tellGaps(stop.instant);
  }

  #isPart(instant: string): boolean {
    return isWithin(this.#question.interval, { time: instant, seq: this.state.seq });
  }

  #tellGaps(instant: string): void {
    const { lane, known, wanted } = this.#question;
    const at = { state: this.state, instant };
    this.#ofState ??= this.engine.gaps();
    const ofState = this.#ofState.filter(({ kind, about }) => kind !== 'address' || wanted.end(about));
    this.#listener.onGaps(instant, [
      ...gapsOfTime(lane, at, known),
      ...gapsFoundLater(lane, at, known),
      ...ofState,
    ]);
  }
}
