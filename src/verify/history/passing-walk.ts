import { GapsAndReach } from '../../../projections/isolation/history/gaps-and-reach.ts';
import type { StopPlace } from '../../../projections/isolation/history/engine-run.ts';
import { saysNothingOf } from '../../../projections/isolation/judging/lanes.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import { askedOf, reachBy, type Passed, type PassedQuestion } from '../when/passed.ts';
import { TrafficWindows, type TrafficWindow } from '../when/traffic-windows.ts';
import type { HistoryIndex } from './history-index.ts';
import { HistoryRun } from './history-run.ts';
import { passingIn, recordedPassing, type RecordedPassing } from './recorded-passing.ts';
import { pairsOf, type AskedNames } from './wanted-pairs.ts';

/** A rule of one side of a pair, as it was at a stop. */
export interface RuleAtStop {
  readonly pair: Pair;
  readonly side: 'egress' | 'ingress';
  readonly id: string;
  readonly stop: number;
}

/** What passed, with the numbers of stops for what caused it. */
export interface PassedByStops extends Omit<Passed, 'windows'> {
  readonly windows: readonly TrafficWindow<number, RuleAtStop>[];
}

/**
 * Finds what passed between some pairs, as ReachEngine does, by what an index says of them since the first entry: what is open when the
 * interval begins was opened before. Throws EvidenceNotKept.
 */
export class PassingWalk {
  readonly #index: HistoryIndex;
  readonly #question: PassedQuestion;
  readonly #run: HistoryRun;
  readonly #noted = new GapsAndReach();
  readonly #changes = new Map<number, (readonly [pair: Pair, passing: RecordedPassing])[]>();
  readonly #windows = new TrafficWindows<number, RuleAtStop>(({ from, to }, { side, rule: id }) => ({
    ...{ pair: { from, to }, side, id },
    stop: this.#stop,
  }));
  /** The stop that is looked at. */
  #stop = -1;

  /** `names` are the ends that are asked about, by which the pairs can be looked up. */
  constructor(index: HistoryIndex, question: PassedQuestion, names: AskedNames) {
    this.#index = index;
    this.#question = question;
    this.#run = new HistoryRun(index, question);
    for (const pair of pairsOf(index, 'passing', names)) {
      if (!question.wanted.pair(pair)) continue;
      for (const { at, body } of index.lists.between(pair.list, -1, this.#run.last)) {
        const changes = this.#changes.get(at) ?? [];
        changes.push([pair, recordedPassing.parse(JSON.parse(body))]);
        this.#changes.set(at, changes);
      }
    }
  }

  answer(): PassedByStops {
    const { from, to } = this.#question.interval;
    const stops = [...this.#changes.keys()].sort((one, other) => one - other);
    const isBefore = (stop: number): boolean => stop <= this.#run.first;
    for (const stop of stops.filter(isBefore)) this.#look(stop, 'before');
    // What ended before the interval is no part of it.
    this.#windows.forgetEnded();
    if (this.#saysNothingOf(from.time)) this.#windows.forgetOpen();
    this.#run.go(
      stops.filter((stop) => !isBefore(stop)),
      {
        onStop: (stop, place) => {
          this.#look(stop, place);
        },
        onGaps: (instant, gaps) => {
          const passing = this.#saysNothingOf(instant) ? [] : this.#windows.lasting();
          this.#noted.note(instant, { gaps, reach: reachBy(passing, gaps) });
        },
      },
    );
    const { gaps, reach } = this.#noted.until(to.time);
    return { windows: this.#windows.all(), gaps, reach };
  }

  #look(stop: number, place: StopPlace): void {
    // What lasts up to now has not ended by that nobody knows what comes.
    if (this.#saysNothingOf(this.#index.stop(stop).instant)) return;
    this.#stop = stop;
    for (const [pair, recorded] of this.#changes.get(stop) ?? []) {
      const passing = askedOf(passingIn(pair, recorded), this.#question.traffic);
      this.#windows.close([pairKey(pair)], passing, stop);
      if (place !== 'beyond') this.#windows.open(passing, stop);
    }
  }

  #saysNothingOf(instant: string): boolean {
    return saysNothingOf(this.#question.lane, instant, this.#run.known);
  }
}
