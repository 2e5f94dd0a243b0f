import { findingsFor } from '../../../projections/isolation/engine/engine.ts';
import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import {
  type IntervalAnswer,
  type IntervalQuestion,
  type Moment,
  type WindowOpening,
} from '../../../projections/isolation/history/interval.ts';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import { Windows } from '../../../projections/isolation/history/windows.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { findingKey, inOrder, kinds, type Finding } from '../../../projections/isolation/judging/findings.ts';
import { saysNothingOf } from '../../../projections/isolation/judging/lanes.ts';
import { reachIn, type Reach } from '../../../projections/isolation/judging/reach.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import type { Item } from './digested-lists.ts';
import type { HistoryIndex } from './history-index.ts';
import { HistoryRun } from './history-run.ts';
import { recordedFindings, type RecordedFindings } from './recorded-forms.ts';
import { isReachedBy, nothingPasses, recordedPassing } from './recorded-passing.ts';
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
  readonly #run: HistoryRun;
  readonly #windows = new Windows<Finding, WindowOpening, Cause>(findingKey);
  readonly #noted = new GapsAndReach();
  readonly #reached = { there: new Set<string>(), back: new Set<string>() };
  readonly #changes = new Map<number, StopChanges>();

  constructor(index: HistoryIndex, question: HistoryQuestion) {
    this.#index = index;
    this.#question = question;
    this.#run = new HistoryRun(index, question);
  }

  answer(): IntervalAnswer {
    const { interval, names } = this.#question;
    this.#begin(interval.from);
    if (names.every((name) => name === undefined)) this.#index.readStops(this.#run.first, this.#run.last);
    this.#run.go(this.#changes.keys(), {
      onStop: (number, place) => {
        this.#stop(number, { isInside: place === 'within' });
      },
      onGaps: (instant, gaps, isOther) => {
        this.#note(instant, gaps, isOther);
      },
    });
    return {
      windows: inOrder(this.#windows.all(), ({ item }) => item),
      ...this.#noted.until(interval.to.time),
    };
  }

  /** What is so at the beginning; what changes later is noted by its stop. */
  #begin(from: Moment): void {
    const { lane, names, reach } = this.#question;
    const isTold = !saysNothingOf(lane, from.time, this.#run.known);
    for (const pair of pairsOf(this.#index, 'found', names)) {
      const before = this.#follow(pair, (changes, item) => changes.found.push([pair, findingsIn(item)]));
      if (before !== undefined && isTold) this.#tell(findingsIn(before), from);
    }
    if (reach === undefined) return;
    for (const pair of pairsOf(this.#index, 'passing', names)) {
      if (!reach.there.pair(pair) && !reach.back.pair(pair)) continue;
      const before = this.#follow(pair, (changes, item) =>
        changes.reached.push([pair, this.#isReachedIn(item)]),
      );
      this.#reach(pair, this.#isReachedIn(before));
    }
  }

  /** Notes the changes of a pair by stop, and gives what was so before. */
  #follow({ list }: IndexedPair, note: (changes: StopChanges, item: Item) => void): Item | undefined {
    const { before, items } = this.#run.stretch(list);
    for (const item of items) {
      const changes = this.#changes.get(item.at) ?? { found: [], reached: [] };
      this.#changes.set(item.at, changes);
      note(changes, item);
    }
    return before;
  }

  #stop(number: number, { isInside }: { readonly isInside: boolean }): void {
    const { lane } = this.#question;
    const { found = [], reached = [] } = this.#changes.get(number) ?? {};
    for (const [pair, isReached] of reached) this.#reach(pair, isReached);
    const { seq, instant: time, cause } = this.#index.stop(number);
    // What lasts up to now has not ended by that nobody knows what comes.
    if (saysNothingOf(lane, time, this.#run.known)) return;
    for (const [pair, record] of found) {
      this.#end(pair, { record, cause });
      if (isInside) this.#tell(record, { seq, time });
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

  #isReachedIn(item: Item | undefined): boolean {
    const passing = item === undefined ? nothingPasses : recordedPassing.parse(JSON.parse(item.body));
    return isReachedBy(passing, this.#question.lane);
  }

  #reach(pair: Pair, isReached: boolean): void {
    const { reach } = this.#question;
    for (const way of ['there', 'back'] as const) {
      if (reach?.[way].pair(pair) !== true) continue;
      if (isReached) this.#reached[way].add(pairKey(pair));
      else this.#reached[way].delete(pairKey(pair));
    }
  }

  #note(time: string, gaps: readonly Gap[], isOther: boolean): void {
    const { reach } = this.#question;
    if (!isOther && reach === undefined) return;
    this.#noted.note(time, {
      gaps,
      reach: reach && this.#reachAt('there', time, gaps),
      reachBack: reach && this.#reachAt('back', time, gaps),
    });
  }

  #reachAt(way: 'there' | 'back', time: string, gaps: readonly Gap[]): Reach | undefined {
    const { lane, reach } = this.#question;
    const lasting = Array.from(this.#windows.lasting.values(), ({ item }) => item);
    const findings = saysNothingOf(lane, time, this.#run.known) ? [] : lasting;
    return reach && reachIn(reach[way], { findings, gaps }, () => this.#reached[way].size > 0);
  }
}

function findingsIn({ body }: Item): RecordedFindings {
  return recordedFindings.parse(JSON.parse(body));
}
