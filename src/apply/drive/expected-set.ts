import type { OverlayObject } from '../../../events/overlay-objects.ts';
import type { SetDigest } from '../../../events/set-digest.ts';
import { formerOf, type AppliedShard } from '../../../projections/applied/applied.ts';
import type { Former } from '../../../projections/applied/plan-changes.ts';
import { Layer } from '../../../projections/fold/layer.ts';
import type { ExpectedSet, Mark } from '../../overlay/port.ts';

/** What a shard's hosts are to hold by its last plan, until the shard is planned for again. */
export function expectedOf(applied: AppliedShard): ExpectedSet {
  return new PlannedSets(applied);
}

/** The set of the last plan; those before it are made when somebody asks for one. */
class PlannedSets implements ExpectedSet {
  readonly objects: ReadonlyMap<string, OverlayObject>;
  readonly #applied: AppliedShard;
  #digest: SetDigest | undefined;
  /** By plan. Hosts that were away for as long are compared with one set. */
  readonly #former = new Map<number, ExpectedSet | undefined>();

  constructor(applied: AppliedShard) {
    this.objects = applied.objects;
    this.#applied = applied;
  }

  /** Whoever only reads marks asks for none. */
  get digest(): SetDigest {
    this.#digest ??= this.#applied.set.digest();
    return this.#digest;
  }

  at({ plan, digest }: Mark): ExpectedSet | undefined {
    const set = this.#of(plan);
    return set?.digest.value() === digest ? set : undefined;
  }

  #of(plan: number): ExpectedSet | undefined {
    if (plan === this.#applied.plan) return this;
    if (this.#former.has(plan)) return this.#former.get(plan);
    const former = formerOf(this.#applied, plan);
    const set = former && this.#before(former);
    this.#former.set(plan, set);
    return set;
  }

  #before(former: Former): ExpectedSet {
    const objects = new Layer(this.objects);
    for (const [key, object] of former) {
      if (object === undefined) objects.delete(key);
      else objects.set(key, object);
    }
    const digest = this.digest.copy();
    const removed = [...former.keys()].filter((key) => !objects.has(key));
    const put = [...former.values()].filter((object) => object !== undefined);
    digest.apply({ put, removed }, objects);
    return { objects, digest, at: (mark) => this.at(mark) };
  }
}
