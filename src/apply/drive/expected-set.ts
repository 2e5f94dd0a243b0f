import type { OverlayObject } from '../../../events/overlay-objects.ts';
import type { SetDigest } from '../../../events/set-digest.ts';
import { formerOf, type AppliedShard } from '../../../projections/applied/applied.ts';
import type { Former } from '../../../projections/applied/plan-changes.ts';
import { Layer } from '../../../projections/fold/layer.ts';
import { OverlayUnavailable } from '../../overlay/faults.ts';
import type { ExpectedSet, Mark } from '../../overlay/port.ts';

/**
 * What a shard's hosts are to hold by its last plan. It stays that of this plan also where the shard is planned for again while hosts
 * are read: another process may drive them, and the entries of that are heard beside the reading. Throws PlannedAnew at first use
 * where it is no longer known by then.
 */
export function expectedOf(applied: AppliedShard): ExpectedSet {
  return new PlannedSets(applied);
}

/** A set was to be compared with what hosts hold, and the shard was planned for again before that began. */
export class PlannedAnew extends OverlayUnavailable {
  constructor(plan: number) {
    super(`the shard was planned for again before hosts were compared with plan ${String(plan)}`);
  }
}

/** A set, and its digest. */
type ComparedSet = Pick<ExpectedSet, 'objects' | 'digest'>;

/** The set of the last plan; those before it are made when somebody asks for one. */
class PlannedSets implements ExpectedSet {
  readonly #applied: AppliedShard;
  readonly #plan: number;
  /** A copy: hosts are read for long, and the shard's own set changes in place. Whoever only reads marks asks for none. */
  #held: ComparedSet | undefined;
  /** By plan. Hosts that were away for as long are compared with one set. */
  readonly #former = new Map<number, ExpectedSet | undefined>();

  constructor(applied: AppliedShard) {
    this.#applied = applied;
    this.#plan = applied.plan;
  }

  get objects(): ReadonlyMap<string, OverlayObject> {
    return this.#set().objects;
  }

  get digest(): SetDigest {
    return this.#set().digest;
  }

  at({ plan, digest }: Mark): ExpectedSet | undefined {
    const set = this.#of(plan);
    return set?.digest.value() === digest ? set : undefined;
  }

  #set(): ComparedSet {
    this.#held ??= this.#copied();
    return this.#held;
  }

  #copied(): ComparedSet {
    const { objects, set, plan } = this.#applied;
    const last = { objects, digest: set.digest().copy() };
    if (plan === this.#plan) return { ...last, objects: new Map(objects) };
    const former = formerOf(this.#applied, this.#plan);
    if (former === undefined) throw new PlannedAnew(this.#plan);
    const before = beforeOf(last, former);
    return { ...before, objects: new Map(before.objects) };
  }

  #of(plan: number): ExpectedSet | undefined {
    if (plan === this.#plan) return this;
    if (this.#former.has(plan)) return this.#former.get(plan);
    const former = plan < this.#plan ? formerOf(this.#applied, plan) : undefined;
    const set = former && { ...beforeOf(this.#set(), former), at: (mark: Mark) => this.at(mark) };
    this.#former.set(plan, set);
    return set;
  }
}

/** The set of before, by what is known to have stood there. */
function beforeOf(held: ComparedSet, former: Former): ComparedSet {
  const objects = new Layer(held.objects);
  for (const [key, object] of former) {
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
  }
  const digest = held.digest.copy();
  const removed = [...former.keys()].filter((key) => !objects.has(key));
  const put = [...former.values()].filter((object) => object !== undefined);
  digest.apply({ put, removed }, objects);
  return { objects, digest };
}
