import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';

/** By key that was touched, the object that was there before; undefined where there was none. */
export type Former = ReadonlyMap<string, OverlayObject | undefined>;

/**
 * What plans touched, as it is written down: of each plan after plan `from` the objects that it replaced or took away, and the
 * keys at which there was none.
 */
export interface KeptChanges {
  readonly from: number;
  readonly plans: [plan: number, former: OverlayObject[], added: string[]][];
}

/** This many keys are remembered whatever the size of the set. */
const rememberedMin = 256;

/**
 * What each plan touched, and what was there before, back to the oldest plan that some host acknowledged. What led from one plan
 * to another is given up where it names more than half of the set: then the whole set costs no more.
 */
export class PlanChanges {
  /** The changes of the plans after this one are known. */
  #from: number;
  readonly #plans = new Map<number, Map<string, OverlayObject | undefined>>();
  #size = 0;

  constructor({ from, plans }: KeptChanges = { from: 0, plans: [] }) {
    this.#from = from;
    for (const [plan, former, added] of plans) {
      this.#touch(plan, new Map(former.map((object) => [keyOf(object), object])));
      this.#touch(plan, new Map(added.map((key) => [key, undefined])));
    }
  }

  /** Takes a plan, or one more part of it. `among`: the number of objects in the set. */
  note(plan: number, former: Former, { among }: { among: number }): void {
    if (plan > this.#from) this.#touch(plan, former);
    for (const oldest of [...this.#plans.keys()]) {
      if (this.#size <= Math.max(among / 2, rememberedMin)) return;
      this.forget(oldest);
    }
  }

  /** Whether it is known what came after a plan. */
  knows(plan: number): boolean {
    return plan >= this.#from;
  }

  /** What was touched after a plan, each key with its object in the set of that plan; undefined if that is no longer known. */
  since(plan: number): Former | undefined {
    if (!this.knows(plan)) return undefined;
    const former = new Map<string, OverlayObject | undefined>();
    for (const [later, touched] of this.#plans) if (later > plan) addOlder(former, touched);
    return former;
  }

  /** Gives up what led to a plan, since nobody asks for what came after an earlier one. */
  forget(plan: number): void {
    this.#from = Math.max(this.#from, plan);
    for (const [known, touched] of this.#plans) {
      if (known > plan) return;
      this.#plans.delete(known);
      this.#size -= touched.size;
    }
  }

  keep(): KeptChanges {
    return {
      from: this.#from,
      plans: Array.from(this.#plans, ([plan, touched]) => [
        plan,
        [...touched.values()].filter((object) => object !== undefined),
        [...touched].flatMap(([key, object]) => (object === undefined ? [key] : [])),
      ]),
    };
  }

  #touch(plan: number, former: Former): void {
    const touched = this.#plans.get(plan) ?? new Map<string, OverlayObject | undefined>();
    this.#size -= touched.size;
    addOlder(touched, former);
    this.#size += touched.size;
    this.#plans.set(plan, touched);
  }
}

/** What was there before the first of several changes is what was there before all of them. */
function addOlder(former: Map<string, OverlayObject | undefined>, later: Former): void {
  for (const [key, object] of later) if (!former.has(key)) former.set(key, object);
}
