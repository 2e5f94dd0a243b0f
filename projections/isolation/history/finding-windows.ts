import { findingKey, type Finding } from '../judging/findings.ts';
import type { Cause } from './timeline.ts';

/** A finding as it was when first seen, and the stretch for which it has been so without a break. */
export interface FindingWindow<Opening> {
  readonly finding: Finding;
  readonly openedBy: Opening;
  /** Null as long as it has not ended. */
  readonly closedBy: Cause | null;
}

/** Puts what is found at one instant after another together into windows. */
export class FindingWindows<Opening> {
  readonly #open = new Map<string, FindingWindow<Opening>>();
  readonly #closed: FindingWindow<Opening>[] = [];

  /** Ends the windows of what is not found any more. */
  close(found: readonly Finding[], closedBy: Cause): void {
    const keys = new Set(found.map(findingKey));
    for (const [key, window] of this.#open) {
      if (keys.has(key)) continue;
      this.#open.delete(key);
      this.#closed.push({ ...window, closedBy });
    }
  }

  /** Begins windows for what was not found before. */
  open(found: readonly Finding[], openedBy: Opening): void {
    for (const finding of found) {
      const key = findingKey(finding);
      if (!this.#open.has(key)) this.#open.set(key, { finding, openedBy, closedBy: null });
    }
  }

  /** By findingKey: what has not ended. */
  get lasting(): ReadonlyMap<string, FindingWindow<Opening>> {
    return this.#open;
  }

  /** Every window; those of one finding in the order in which they came. */
  all(): FindingWindow<Opening>[] {
    return [...this.#closed, ...this.#open.values()];
  }
}
