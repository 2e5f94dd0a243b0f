import type { StopPlace } from '../../../projections/isolation/history/engine-run.ts';
import {
  isWithin,
  type IntervalQuestion,
  type Moment,
} from '../../../projections/isolation/history/interval.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { gapsFoundLater, gapsOfTime } from '../../../projections/isolation/judging/lanes.ts';
import type { Hindsight } from '../../../projections/isolation/judging/recorded.ts';
import { edited, type GapEdit } from './gap-edits.ts';
import type { HistoryIndex } from './history-index.ts';
import type { ListRow, Item } from './digested-lists.ts';
import { compareMoments, knownWithin, timePoints } from './time-points.ts';

/** Somebody who hears of an interval, in order, as a RunListener does of an engine. */
export interface HistoryListener {
  /** A stop after that. It may have changed nothing but gaps. */
  readonly onStop: (number: number, place: Exclude<StopPlace, 'before'>) => void;
  /** The gaps at the beginning, and at each later instant at which something may be other than before; `isOther` where that is the gaps. */
  readonly onGaps: (instant: string, gaps: readonly Gap[], isOther: boolean) => void;
}

/** Goes through an interval by an index: to the stops that somebody names, and to those instants at which gaps may be others. */
export class HistoryRun {
  readonly known: Hindsight;
  /** The numbers of the last stop before the interval, and of the last one up to its end; -1 for none. */
  readonly first: number;
  readonly last: number;
  readonly #index: HistoryIndex;
  readonly #question: Omit<IntervalQuestion, 'reach'>;
  #ofState: readonly Gap[];
  #ofTime: readonly Gap[] = [];

  constructor(index: HistoryIndex, question: Omit<IntervalQuestion, 'reach'>) {
    this.#index = index;
    this.#question = question;
    this.known = knownWithin(question);
    const { from, to } = question.interval;
    this.first = index.lastStopAt(from);
    this.last = index.lastStopAt(to);
    this.#ofState = index.gapsAt(this.first).gaps;
  }

  /** What a list said before the interval, and what it says in it, by the number of the stop. */
  stretch(list: ListRow): { readonly before: Item | undefined; readonly items: readonly Item[] } {
    return this.#index.lists.stretch(list, this.first, this.last);
  }

  gapsAtBeginning(): readonly Gap[] {
    this.#lookAtTime(this.#question.interval.from);
    return this.#gaps();
  }

  /** `changing` are the stops in the interval at which something changed that is asked about. */
  go(changing: Iterable<number>, listener: HistoryListener): void {
    listener.onGaps(this.#question.interval.from.time, this.gapsAtBeginning(), true);
    const edits = this.#index.gapEdits(this.first, this.last);
    const points = timePoints(this.#index, this.#question, this.known);
    const stops = [...new Set([...changing, ...edits.keys()])].sort((one, other) => one - other);
    for (const number of stops) {
      const { seq, instant } = this.#index.stop(number);
      const here = { seq, time: instant };
      this.#passPoints(points, (point) => compareMoments(point, here) < 0, listener);
      const isDue = points[0] !== undefined && compareMoments(points[0], here) === 0;
      if (isDue) points.shift();
      const edit = edits.get(number);
      const isInside = isWithin(this.#question.interval, here);
      listener.onStop(number, isInside ? 'within' : 'beyond');
      this.#edit(edit);
      if (!isInside) continue;
      if (isDue) this.#lookAtTime(here);
      this.#tellGaps(here, { isOther: isDue || edit !== undefined, listener });
    }
    this.#passPoints(points, () => true, listener);
  }

  /** Takes off the points that come before something, and looks at those that belong to the interval. */
  #passPoints(points: Moment[], isBefore: (point: Moment) => boolean, listener: HistoryListener): void {
    for (let [point] = points; point !== undefined && isBefore(point); [point] = points) {
      points.shift();
      if (!isWithin(this.#question.interval, point)) continue;
      this.#lookAtTime(point);
      this.#tellGaps(point, { isOther: true, listener });
    }
  }

  #edit(edit: GapEdit | undefined): void {
    if (edit !== undefined) this.#ofState = edited(this.#ofState, edit);
  }

  /** The gaps of a moment that its state does not tell. */
  #lookAtTime({ seq, time: instant }: Moment): void {
    const { lane } = this.#question;
    const at = { state: { seq }, instant };
    this.#ofTime = [...gapsOfTime(lane, at, this.known), ...gapsFoundLater(lane, at, this.known)];
  }

  #tellGaps(
    { time }: Moment,
    { isOther, listener }: { readonly isOther: boolean; readonly listener: HistoryListener },
  ): void {
    listener.onGaps(time, this.#gaps(), isOther);
  }

  #gaps(): readonly Gap[] {
    const { wanted } = this.#question;
    const ofState = this.#ofState.filter(({ kind, about }) => kind !== 'address' || wanted.end(about));
    return [...this.#ofTime, ...ofState];
  }
}
