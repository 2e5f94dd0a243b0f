import { findingsFor, type Engine, type Stop } from '../engine/engine.ts';
import type { PairRecord } from '../engine/pair-record.ts';
import type { Gap } from '../hosts/gap.ts';
import { findingKey, inOrder, kinds, type Finding } from '../judging/findings.ts';
import { saysNothingOf } from '../judging/lanes.ts';
import type { FoldedBatch, IsolationState } from '../state.ts';
import { EngineRun, type StopPlace } from './engine-run.ts';
import { GapsAndReach, type Noted } from './gaps-and-reach.ts';
import type { IntervalAnswer, IntervalJudge, IntervalQuestion, WindowOpening } from './interval.ts';
import { Openings } from './openings.ts';
import { reachBy, ReachedPairs } from './reached-pairs.ts';
import type { Cause } from './timeline.ts';
import { Windows } from './windows.ts';

/** Somebody who hears of all that an engine comes to on its way, before the interval and in it. */
export interface EngineListener {
  /** A stop, while it is looked at. */
  readonly look: (stop: Stop, engine: Engine) => void;
  /** A batch that the engine has followed. */
  readonly follow: (batch: FoldedBatch, state: IsolationState) => void;
}

/**
 * Finds all that was so in an interval with an engine, which follows the ledger from its first entry: so it knows since when
 * something is so, and what was revoked lately.
 */
export class IntervalEngine implements IntervalJudge {
  readonly #question: IntervalQuestion;
  readonly #listener: EngineListener | undefined;
  readonly #run: EngineRun;
  readonly #openings = new Openings();
  readonly #windows = new Windows<Finding, WindowOpening, Cause>(findingKey);
  readonly #noted = new GapsAndReach();
  readonly #reached: { readonly there: ReachedPairs; readonly back: ReachedPairs } | undefined;

  constructor(question: IntervalQuestion, listener?: EngineListener) {
    this.#question = question;
    this.#listener = listener;
    const { reach } = question;
    this.#run = new EngineRun(question, {
      onStop: (stop, place) => {
        this.#listener?.look(stop, this.#run.engine);
        this.#look(stop, place);
      },
      onBegin: (instant) => {
        this.#begin(instant);
      },
      onGaps: (instant, gaps) => {
        this.#noted.note(instant, { gaps, ...this.#reachAt(instant, gaps) });
      },
    });
    const { engine } = this.#run;
    this.#reached = reach && {
      there: new ReachedPairs(engine, reach.there),
      back: new ReachedPairs(engine, reach.back),
    };
  }

  get state(): IsolationState {
    return this.#run.state;
  }

  follow(batch: FoldedBatch): void {
    this.#run.follow(batch);
    this.#listener?.follow(batch, this.state);
  }

  /** The engine, as far as it has come. */
  get engine(): Engine {
    return this.#run.engine;
  }

  answer(): IntervalAnswer {
    this.#run.end();
    return {
      windows: inOrder(this.#windows.all(), ({ item }) => item),
      ...this.#noted.until(this.#question.interval.to.time),
    };
  }

  #begin(instant: string): void {
    const { lane, known } = this.#question;
    if (saysNothingOf(lane, instant, known)) return;
    for (const record of this.#run.engine.records) this.#tell(record, instant);
  }

  #look(stop: Stop, place: StopPlace): void {
    this.#openings.take(stop);
    for (const pair of stop.judged) {
      this.#reached?.there.look(pair);
      this.#reached?.back.look(pair);
    }
    const { lane, known } = this.#question;
    // What lasts up to now has not ended by that nobody knows what comes.
    if (place === 'before' || saysNothingOf(lane, stop.instant, known)) return;
    for (const record of stop.changed) {
      this.#end(record, stop.cause);
      if (place === 'within') this.#tell(record, stop.instant);
    }
  }

  /** Ends the windows of what a pair has no findings of any more. */
  #end({ from, to, findings }: PairRecord, cause: Cause): void {
    for (const kind of kinds)
      if (findings.every((finding) => finding.kind !== kind))
        this.#windows.end(findingKey({ kind, from, to }), cause);
  }

  /** Opens the windows of what is told of a pair, each since it is there. */
  #tell(record: PairRecord, time: string): void {
    const toldAt = { seq: this.state.seq, time };
    for (const finding of findingsFor(record, this.#question.wanted.pair))
      this.#windows.open([finding], { cause: this.#openings.of(finding), toldAt });
  }

  #reachAt(instant: string, gaps: readonly Gap[]): Pick<Noted, 'reach' | 'reachBack'> {
    if (this.#reached === undefined) return {};
    const { lane, known } = this.#question;
    const lasting = Array.from(this.#windows.lasting.values(), ({ item }) => item);
    const told = { findings: saysNothingOf(lane, instant, known) ? [] : lasting, gaps };
    const { there, back } = this.#reached;
    return { reach: reachBy(there, told), reachBack: reachBy(back, told) };
  }
}
