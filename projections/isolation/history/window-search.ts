import type { Pair } from '../pair.ts';
import { only } from '../judging/contacts.ts';
import { findingKey, type Finding } from '../judging/findings.ts';
import { judge, type Lane } from '../judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../state.ts';
import { Timeline, type Cause, type TurningPoint } from './timeline.ts';
import { Windows } from './windows.ts';

/**
 * Finds the causes since which findings have lasted without a break. Their pairs are judged again at every instant at
 * which the answer can change.
 */
export class WindowSearch {
  readonly #windows = new Windows<Finding, Cause, Cause>(findingKey);
  readonly #timeline: Timeline;

  /** `clock` is that of whoever asks, where the ledger is ahead of it. */
  constructor(findings: readonly Pair[], lane: Lane, clock?: string) {
    const wanted = only(findings);
    const look = ({ instant, cause }: TurningPoint): Finding[] => {
      const found = judge(lane, { state: this.#timeline.state, instant, wanted, limitsUpTo: clock });
      this.#windows.close(found, cause);
      this.#windows.open(found, cause);
      return found;
    };
    this.#timeline = new Timeline(look, { state: new IsolationState({ clock }) });
  }

  /** Takes the next batch. */
  follow(batch: FoldedBatch): void {
    this.#timeline.follow(batch);
  }

  /** By findingKey, the cause since which a finding lasts, up to an instant at or after the last batch. */
  openingsAt(instant: string): ReadonlyMap<string, Cause> {
    this.#timeline.passTime(instant);
    return new Map(Array.from(this.#windows.lasting, ([key, { openedBy }]) => [key, openedBy]));
  }
}
