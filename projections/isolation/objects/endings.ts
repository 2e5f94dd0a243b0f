/** What can drop all that ended at or before a plan, once nobody asks about earlier ones. */
export interface Prunable {
  prune(oldest: number): void;
}

/** By the plan at which something ended, where it is kept for those who ask about earlier plans. */
export class Endings {
  readonly #kept = new Map<number, Set<Prunable>>();
  #oldest = 0;

  /** The plan of the oldest set that anybody asks about. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Something there ended at a plan. What has no end yet is not noted. */
  add(plan: number, kept: Prunable): void {
    if (plan !== Infinity) this.#kept.set(plan, (this.#kept.get(plan) ?? new Set()).add(kept));
  }

  /** From now on nobody asks about sets before that of this plan, which is the one after the oldest so far. */
  forget(plan: number): void {
    for (const kept of this.#kept.get(plan) ?? []) kept.prune(plan);
    this.#kept.delete(plan);
    this.#oldest = plan;
  }
}
