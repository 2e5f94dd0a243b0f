import type { Pair } from '../pair.ts';
import { only } from '../judging/contacts.ts';
import { findingKey, type Finding } from '../judging/findings.ts';
import { foldedFor, judge, type Lane } from '../judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Timeline, type Cause, type TurningPoint } from './timeline.ts';
import { Windows } from './windows.ts';

/**
 * Finds the causes since which findings have lasted without a break, whoever their packets pass as. Their pairs are judged again at
 * every instant at which the answer can change, from the batch on at which the search begins.
 */
export class WindowSearch {
  /** What was there when the search began has no cause. */
  readonly #windows = new Windows<Finding, Cause | undefined, Cause>(findingKey);
  readonly #timeline: Timeline;
  readonly #judge: (instant: string) => Finding[];

  /** `clock` is that of whoever asks, where the ledger is ahead of it. */
  constructor(findings: readonly Pair[], lane: Lane, clock?: string) {
    const wanted = only(findings);
    this.#judge = (instant) =>
      judge(lane, { state: this.#timeline.state, instant, wanted, certainUpTo: clock });
    const look = ({ instant, cause }: TurningPoint): Finding[] => {
      const found = this.#judge(instant);
      this.#windows.close(found, cause);
      this.#windows.open(found, cause);
      return found;
    };
    this.#timeline = new Timeline(look, { state: new IsolationState({ clock, ...foldedFor(lane) }) });
  }

  /** Takes a batch before the search begins. */
  skip(batch: FoldedBatch): void {
    this.#timeline.skip(batch);
  }

  /** Begins with what is there after the next batch, since whatever cause. */
  begin(batch: FoldedBatch): void {
    this.#timeline.skip(batch);
    const found = this.#judge(batch.recordedAt);
    this.#windows.open(found, undefined);
    this.#timeline.begin(batch.recordedAt, found);
  }

  /** Takes the next batch. */
  follow(batch: FoldedBatch): void {
    this.#timeline.follow(batch);
  }

  /**
   * By findingKey, the cause since which a finding lasts, up to an instant at or after the last batch. Without those that
   * have lasted since before the search began.
   */
  openingsAt(instant: string): ReadonlyMap<string, Cause> {
    this.#timeline.passTime(instant);
    const openings = new Map<string, Cause>();
    for (const [key, { openedBy }] of this.#windows.lasting)
      if (openedBy !== undefined) openings.set(key, openedBy);
    return openings;
  }
}
