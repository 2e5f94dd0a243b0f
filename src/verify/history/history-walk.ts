import { findingsFor } from '../../../projections/isolation/engine/engine.ts';
import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import {
  isWithin,
  type IntervalAnswer,
  type IntervalQuestion,
  type Moment,
  type WindowOpening,
} from '../../../projections/isolation/history/interval.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import { Windows } from '../../../projections/isolation/history/windows.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { findingKey, inOrder, kinds, type Finding } from '../../../projections/isolation/judging/findings.ts';
import { gapsFoundLater, gapsOfTime, saysNothingOf } from '../../../projections/isolation/judging/lanes.ts';
import { reachIn, type Reach } from '../../../projections/isolation/judging/reach.ts';
import type { Hindsight } from '../../../projections/isolation/judging/recorded.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import type { Item } from './digested-lists.ts';
import { edited, type GapEdit } from './gap-edits.ts';
import type { HistoryIndex } from './history-index.ts';
import { recordedFindings, type RecordedFindings } from './recorded-forms.ts';
import { compareMoments, knownWithin, timePoints } from './time-points.ts';
import { pairsOf, type AskedNames, type IndexedPair } from './wanted-pairs.ts';

/** An interval, and the ends that are asked about, by which `wanted` can be looked up. */
export interface HistoryQuestion extends IntervalQuestion {
  readonly names: AskedNames;
}

/** What a stop changed of the pairs that are asked about. */
interface StopChanges {
  readonly found: (readonly [pair: Pair, record: RecordedFindings])[];
  readonly reached: (readonly [pair: Pair, isReached: boolean])[];
}

/**
 * Answers what an engine answers that follows the ledger through an interval (see interval-engine), by what an index says: only what
 * changed of the pairs that are asked about is looked at.
 */
export class HistoryWalk {
  readonly #index: HistoryIndex;
  readonly #question: HistoryQuestion;
  readonly #known: Hindsight;
  readonly #windows = new Windows<Finding, WindowOpening, Cause>(findingKey);
  readonly #noted = new GapsAndReach();
  readonly #reached = { there: new Set<string>(), back: new Set<string>() };
  readonly #changes = new Map<number, StopChanges>();
  #ofState: readonly Gap[];
  #ofTime: readonly Gap[] = [];
  readonly #first: number;
  readonly #last: number;

  constructor(index: HistoryIndex, question: HistoryQuestion) {
    this.#index = index;
    this.#question = question;
    this.#known = knownWithin(question);
    const { from, to } = question.interval;
    this.#first = index.lastStopAt(from);
    this.#last = index.lastStopAt(to);
    this.#ofState = index.gapsAt(this.#first).gaps;
  }

  answer(): IntervalAnswer {
    const { from, to } = this.#question.interval;
    this.#begin(from);
    const edits = this.#index.gapEdits(this.#first, this.#last);
    if (this.#question.names.every((name) => name === undefined))
      this.#index.readStops(this.#first, this.#last);
    const points = timePoints(this.#index, this.#question, this.#known);
    const stops = [...new Set([...this.#changes.keys(), ...edits.keys()])].sort((one, other) => one - other);
    for (const number of stops) {
      const { seq, instant } = this.#index.stop(number);
      const here = { seq, time: instant };
      this.#passPoints(points, (point) => compareMoments(point, here) < 0);
      const isDue = points[0] !== undefined && compareMoments(points[0], here) === 0;
      if (isDue) points.shift();
      this.#stop(number, { here, edit: edits.get(number), isDue });
    }
    this.#passPoints(points, () => true);
    return {
      windows: inOrder(this.#windows.all(), ({ item }) => item),
      ...this.#noted.until(to.time),
    };
  }

  /** What is so at the beginning; what changes later is noted by its stop. */
  #begin(from: Moment): void {
    const { lane, known, names, reach } = this.#question;
    const isTold = !saysNothingOf(lane, from.time, known);
    for (const pair of pairsOf(this.#index, 'found', names)) {
      const before = this.#follow(pair, (changes, item) => changes.found.push([pair, findingsIn(item)]));
      if (before !== undefined && isTold) this.#tell(findingsIn(before), from);
    }
    if (reach !== undefined)
      for (const pair of pairsOf(this.#index, 'reached', names)) {
        if (!reach.there.pair(pair) && !reach.back.pair(pair)) continue;
        const before = this.#follow(pair, (changes, { body }) =>
          changes.reached.push([pair, body === 'true']),
        );
        this.#reach(pair, before?.body === 'true');
      }
    this.#lookAtTime(from);
    this.#note(from, { isOther: true });
  }

  /** Notes the changes of a pair by stop, and gives what was so before. */
  #follow({ list }: IndexedPair, note: (changes: StopChanges, item: Item) => void): Item | undefined {
    const { before, items } = this.#index.lists.stretch(list, this.#first, this.#last);
    for (const item of items) {
      const changes = this.#changes.get(item.at) ?? { found: [], reached: [] };
      this.#changes.set(item.at, changes);
      note(changes, item);
    }
    return before;
  }

  #stop(
    number: number,
    { here, edit, isDue }: { here: Moment; edit: GapEdit | undefined; isDue: boolean },
  ): void {
    const { lane, known, interval } = this.#question;
    const { found = [], reached = [] } = this.#changes.get(number) ?? {};
    const isInside = isWithin(interval, here);
    for (const [pair, isReached] of reached) this.#reach(pair, isReached);
    // What lasts up to now has not ended by that nobody knows what comes.
    if (!saysNothingOf(lane, here.time, known))
      for (const [pair, record] of found) {
        this.#end(pair, { record, cause: this.#index.stop(number).cause });
        if (isInside) this.#tell(record, here);
      }
    if (edit !== undefined) this.#ofState = edited(this.#ofState, edit);
    if (!isInside) return;
    if (isDue) this.#lookAtTime(here);
    this.#note(here, { isOther: isDue || edit !== undefined });
  }

  /** Takes off the points that come before something, and looks at those that belong to the interval. */
  #passPoints(points: Moment[], isBefore: (point: Moment) => boolean): void {
    for (let [point] = points; point !== undefined && isBefore(point); [point] = points) {
      points.shift();
      if (!isWithin(this.#question.interval, point)) continue;
      this.#lookAtTime(point);
      this.#note(point, { isOther: true });
    }
  }

  /** Ends the windows of what a pair has no findings of any more. */
  #end({ from, to }: Pair, { record, cause }: { record: RecordedFindings; cause: Cause }): void {
    const { findings } = record;
    for (const kind of kinds)
      if (findings.every((finding) => finding.kind !== kind))
        this.#windows.end(findingKey({ kind, from, to }), cause);
  }

  /** Opens the windows of what is told of a pair, each since it is there. */
  #tell(record: RecordedFindings, { seq, time }: Moment): void {
    for (const finding of findingsFor(record, this.#question.wanted.pair)) {
      const opened = record.opened[finding.kind];
      const cause = opened === undefined ? undefined : this.#index.stop(opened).cause;
      this.#windows.open([finding], { cause, toldAt: { seq, time } });
    }
  }

  #reach(pair: Pair, isReached: boolean): void {
    const { reach } = this.#question;
    for (const way of ['there', 'back'] as const) {
      if (reach?.[way].pair(pair) !== true) continue;
      if (isReached) this.#reached[way].add(pairKey(pair));
      else this.#reached[way].delete(pairKey(pair));
    }
  }

  /** The gaps of a moment that its state does not tell. */
  #lookAtTime({ seq, time: instant }: Moment): void {
    const { lane } = this.#question;
    const at = { state: { seq }, instant };
    this.#ofTime = [...gapsOfTime(lane, at, this.#known), ...gapsFoundLater(lane, at, this.#known)];
  }

  #note({ time }: Moment, { isOther }: { isOther: boolean }): void {
    const { reach, wanted } = this.#question;
    if (!isOther && reach === undefined) return;
    const ofState = this.#ofState.filter(({ kind, about }) => kind !== 'address' || wanted.end(about));
    const gaps = [...this.#ofTime, ...ofState];
    this.#noted.note(time, {
      gaps,
      reach: reach && this.#reachAt('there', time, gaps),
      reachBack: reach && this.#reachAt('back', time, gaps),
    });
  }

  #reachAt(way: 'there' | 'back', time: string, gaps: readonly Gap[]): Reach | undefined {
    const { lane, known, reach } = this.#question;
    const lasting = Array.from(this.#windows.lasting.values(), ({ item }) => item);
    const findings = saysNothingOf(lane, time, known) ? [] : lasting;
    return reach && reachIn(reach[way], { findings, gaps }, () => this.#reached[way].size > 0);
  }
}

function findingsIn({ body }: Item): RecordedFindings {
  return recordedFindings.parse(JSON.parse(body));
}
