import type { OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';

type PlannedObjects = ReadonlyMap<string, OverlayObject>;

/**
 * The set of a shard's last plan, without a copy. Once there is a later plan, it is that one's: then it is refused, so that a call
 * that went on behind its caller's back makes nothing of it.
 */
export function setOfPlan(applied: AppliedShard): PlannedObjects {
  return new SetOfPlan(applied);
}

class SetOfPlan implements PlannedObjects {
  readonly #applied: AppliedShard;
  readonly #plan: number;

  constructor(applied: AppliedShard) {
    this.#applied = applied;
    this.#plan = applied.plan;
  }

  get(key: string): OverlayObject | undefined {
    return this.#objects.get(key);
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  get size(): number {
    return this.#objects.size;
  }

  entries(): MapIterator<[string, OverlayObject]> {
    return this.#objects.entries();
  }

  keys(): MapIterator<string> {
    return this.#objects.keys();
  }

  values(): MapIterator<OverlayObject> {
    return this.#objects.values();
  }

  [Symbol.iterator](): MapIterator<[string, OverlayObject]> {
    return this.entries();
  }

  forEach(visit: (object: OverlayObject, key: string, objects: PlannedObjects) => void): void {
    for (const [key, object] of this.entries()) visit(object, key, this);
  }

  get #objects(): PlannedObjects {
    const { plan, objects } = this.#applied;
    if (plan === this.#plan) return objects;
    throw new OverlayUnavailable(
      `the call for plan ${String(this.#plan)} came too late: the last one is ${String(plan)}`,
    );
  }
}
