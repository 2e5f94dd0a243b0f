/** The keys that plans touched, as they are written down: those of each plan after plan `from`. */
export interface KeptChanges {
  readonly from: number;
  readonly plans: [plan: number, keys: string[]][];
}

/** This many keys are remembered whatever the size of the set. */
const rememberedMin = 256;

/**
 * The keys that each plan touched, back to the oldest plan that some host acknowledged. What led from one plan to another is
 * given up where it names more than half of the set: then the whole set costs no more.
 */
export class PlanChanges {
  /** The changes of the plans after this one are known. */
  #from: number;
  readonly #plans = new Map<number, Set<string>>();
  #size = 0;

  constructor({ from, plans }: KeptChanges = { from: 0, plans: [] }) {
    this.#from = from;
    for (const [plan, keys] of plans) this.#touch(plan, keys);
  }

  /** Takes a plan, or one more part of it. `among`: the number of objects in the set. */
  note(plan: number, keys: Iterable<string>, { among }: { among: number }): void {
    if (plan > this.#from) this.#touch(plan, keys);
    for (const oldest of [...this.#plans.keys()]) {
      if (this.#size <= Math.max(among / 2, rememberedMin)) return;
      this.forget(oldest);
    }
  }

  /** Whether it is known what came after a plan. */
  knows(plan: number): boolean {
    return plan >= this.#from;
  }

  /** The keys that were touched after a plan; undefined if that is no longer known. */
  since(plan: number): ReadonlySet<string> | undefined {
    if (!this.knows(plan)) return undefined;
    return new Set([...this.#plans].flatMap(([later, keys]) => (later > plan ? [...keys] : [])));
  }

  /** Gives up what led to a plan, since nobody asks for what came after an earlier one. */
  forget(plan: number): void {
    this.#from = Math.max(this.#from, plan);
    for (const [known, keys] of this.#plans) {
      if (known > plan) return;
      this.#plans.delete(known);
      this.#size -= keys.size;
    }
  }

  keep(): KeptChanges {
    return { from: this.#from, plans: Array.from(this.#plans, ([plan, keys]) => [plan, [...keys]]) };
  }

  #touch(plan: number, keys: Iterable<string>): void {
    const touched = this.#plans.get(plan) ?? new Set();
    this.#size -= touched.size;
    for (const key of keys) touched.add(key);
    this.#size += touched.size;
    this.#plans.set(plan, touched);
  }
}
