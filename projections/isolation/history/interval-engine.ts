import { Engine, findingsFor, type Stop } from '../engine/engine.ts';
import type { PairRecord } from '../engine/records.ts';
import type { Gap } from '../hosts/gap.ts';
import { findingKey, inOrder, kinds, type Finding } from '../judging/findings.ts';
import { gapsFoundLater, gapsOfTime, saysNothingOf } from '../judging/lanes.ts';
import { edgesOf, edgesOfDrifts } from '../judging/recorded.ts';
import type { FoldedBatch, IsolationState } from '../state.ts';
import { GapsAndReach, type Noted } from './gaps-and-reach.ts';
import {
  isWithin,
  type IntervalAnswer,
  type IntervalJudge,
  type IntervalQuestion,
  type WindowOpening,
} from './interval.ts';
import { Openings } from './openings.ts';
import { reachBy, ReachedPairs } from './reached-pairs.ts';
import type { Cause } from './timeline.ts';
import { Windows } from './windows.ts';

/**
 * Finds all that was so in an interval with an engine, which follows the ledger from its first entry: so it knows since when
 * something is so, and what was revoked lately.
 */
export class IntervalEngine implements IntervalJudge {
  readonly #question: IntervalQuestion;
  readonly #engine: Engine;
  readonly #openings = new Openings();
  readonly #windows = new Windows<Finding, WindowOpening, Cause>(findingKey);
  readonly #noted = new GapsAndReach();
  readonly #reached: { readonly there: ReachedPairs; readonly back: ReachedPairs } | undefined;
  /** Instants to come at which less is known from then on; the next one at the end. */
  readonly #edges: string[];
  #ofState: readonly Gap[] | undefined;
  #isInside = false;

  constructor(question: IntervalQuestion) {
    this.#question = question;
    const { lane, known, reach } = question;
    this.#engine = new Engine(lane, (stop) => {
      this.#look(stop);
    });
    this.#reached = reach && {
      there: new ReachedPairs(this.#engine, reach.there),
      back: new ReachedPairs(this.#engine, reach.back),
    };
    const edges = [...edgesOf(known), ...(lane === 'applied' ? edgesOfDrifts(known) : [])];
    this.#edges = [...new Set(edges)].sort().reverse();
  }

  get state(): IsolationState {
    return this.#engine.state;
  }

  follow(batch: FoldedBatch): void {
    if (batch.last > this.#question.interval.from.seq) this.#begin();
    if (this.#isInside) this.#passTime(batch.recordedAt, { including: false });
    this.#ofState = undefined;
    this.#engine.follow(batch);
    this.#leaveBehind(batch.recordedAt);
  }

  answer(): IntervalAnswer {
    const { time } = this.#question.interval.to;
    this.#begin();
    this.#passTime(time, { including: true });
    return {
      windows: inOrder(this.#windows.all(), ({ item }) => item),
      ...this.#noted.until(time),
    };
  }

  #begin(): void {
    if (this.#isInside) return;
    const { interval, lane, known } = this.#question;
    const { time } = interval.from;
    this.#engine.passTime(time, { including: true });
    this.#leaveBehind(time);
    this.#isInside = true;
    if (!saysNothingOf(lane, time, known)) {
      for (const record of this.#engine.records) this.#tell(record, time);
    }
    this.#note(time);
  }

  /** Lets the clock run, and looks at the edges too. */
  #passTime(until: string, { including }: { readonly including: boolean }): void {
    for (;;) {
      const edge = this.#edges.at(-1);
      if (edge === undefined || edge > until || (edge === until && !including)) break;
      this.#edges.pop();
      this.#engine.passTime(edge, { including: true });
      if (isWithin(this.#question.interval, { time: edge, seq: this.state.seq })) this.#note(edge);
    }
    this.#engine.passTime(until, { including });
  }

  /** Edges that were passed are not looked at any more. */
  #leaveBehind(instant: string): void {
    for (let edge = this.#edges.at(-1); edge !== undefined && edge <= instant; edge = this.#edges.at(-1))
      this.#edges.pop();
  }

  #look(stop: Stop): void {
    this.#openings.take(stop);
    // Time may change with whom an end exchanges packets. What hosts hold does not change by the clock.
    if (this.#question.lane === 'intended') this.#ofState = undefined;
    for (const pair of stop.judged) {
      this.#reached?.there.look(pair);
      this.#reached?.back.look(pair);
    }
    if (!this.#isInside) return;
    const { instant, changed } = stop;
    const { lane, known, interval } = this.#question;
    const isPart = isWithin(interval, { time: instant, seq: this.state.seq });
    // What lasts up to now has not ended by that nobody knows what comes.
    if (!saysNothingOf(lane, instant, known))
      for (const record of changed) this.#update(record, stop, isPart);
    if (isPart) this.#note(instant);
  }

  #update(record: PairRecord, { cause, instant }: Stop, isPart: boolean): void {
    for (const kind of kinds)
      if (record.findings.every((finding) => finding.kind !== kind))
        this.#windows.end(findingKey({ kind, from: record.from, to: record.to }), cause);
    if (isPart) this.#tell(record, instant);
  }

  /** Opens the windows of what is told of a pair, each since it is there. */
  #tell(record: PairRecord, time: string): void {
    const toldAt = { seq: this.state.seq, time };
    for (const finding of findingsFor(record, this.#question.wanted.pair))
      this.#windows.open([finding], { cause: this.#openings.of(finding), toldAt });
  }

  /** Notes the gaps and the reach of an instant of the interval. */
  #note(instant: string): void {
    const { lane, known, wanted } = this.#question;
    const at = { state: this.state, instant };
    this.#ofState ??= this.#engine.gaps();
    const ofState = this.#ofState.filter(({ kind, about }) => kind !== 'address' || wanted.end(about));
    const gaps = [...gapsOfTime(lane, at, known), ...gapsFoundLater(lane, at, known), ...ofState];
    this.#noted.note(instant, { gaps, ...this.#reachAt(instant, gaps) });
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
