import type { EventData } from '../../../events/catalogue.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { Neighbours } from '../objects/neighbours.ts';
import { ShardIndex } from '../objects/shard-index.ts';
import type { ObjectTables } from '../objects/tables.ts';
import type { TouchedPairs } from '../objects/touched.ts';
import type { ObjectSet, View } from '../objects/view.ts';
import { BucketDigests, type SetStep } from './bucket-digests.ts';

type ChangePlanned = EventData<'ChangePlanned'>;

interface Plan {
  readonly plan: number;
  /** The digests that its parts name: a single one if all is well. */
  readonly claims: Set<string>;
  /** The digests that its parts say they start from. */
  readonly starts: Set<string>;
  readonly parts: ChangePlanned[];
  /** Of its set; undefined until it is asked for. */
  digests: BucketDigests | undefined;
}

/** The set of objects that a log begins with. */
interface FirstSet {
  readonly plan: number;
  readonly objects: Iterable<OverlayObject>;
  readonly digests: BucketDigests;
}

/** The set of a plan as somebody changed it beside all plans, in parts, and the digest of all that came of it. */
export interface ChangedByHand {
  readonly plan: number;
  readonly digest: string | undefined;
  readonly parts: readonly SetStep[];
}

/** A log that begins with a set that was found. Making it costs as much as the whole set does. */
export interface FoundLog {
  /** The plan with whose number it begins. */
  readonly start: number;
  readonly make: () => PlanLog;
}

/** The set of objects of one plan: all of them in order, and by what is asked about. */
export interface IndexedSet {
  readonly objects: ObjectSet;
  readonly view: View;
}

/**
 * The sets of objects that one shard planned, by plan number. Plan 0 is the empty set. Only differences are kept, and
 * sets that no host can be in any more are given up. Digests are computed only for the sets that are asked about, each from
 * that of the set before it.
 */
export class PlanLog {
  /** The oldest plan whose set is in use. Earlier ones are kept for those who look at the past. */
  #oldest = 0;
  /** The oldest set that is still kept. `#plans` are the plans after it. */
  #base: { readonly plan: Plan; readonly startsAsClaimed: boolean };
  readonly #plans: Plan[] = [];
  readonly #index = new ShardIndex();
  readonly #sets = new Map<number, IndexedSet>();
  readonly #disorder: string[] = [];

  /** Begins with the set of a plan: with the empty one, of plan 0, if it is left out. */
  constructor(first?: FirstSet) {
    const { plan = 0, objects = [], digests = BucketDigests.of([]) } = first ?? {};
    const claims = new Set([digests.digest()]);
    this.#base = { plan: { ...newPlan(plan), claims, starts: claims, digests }, startsAsClaimed: true };
    this.#oldest = plan;
    if (first === undefined) return;
    this.#index.take(plan, { put: [...objects], removed: [] });
    this.#index.forget(plan);
  }

  /** The number of the oldest plan whose set is kept. */
  get first(): number {
    return this.#base.plan.plan;
  }

  /** The number of the last plan, 0 before the first. */
  get last(): number {
    return (this.#plans.at(-1) ?? this.#base.plan).plan;
  }

  /** The plans whose number does not follow the one before. From there on the shard's sets are not certain. */
  get disorder(): readonly string[] {
    return this.#disorder;
  }

  /** Takes a plan, or one more part of the last one. A number that goes back is noted and not carried out. */
  take(data: ChangePlanned): void {
    const { last } = this;
    const sameAsLast = data.plan === last && last > this.#oldest;
    if (!sameAsLast && data.plan !== last + 1) {
      this.#disorder.push(`plan ${String(data.plan)} follows plan ${String(last)}`);
      if (data.plan <= last) return;
    }
    if (!sameAsLast) this.#plans.push(newPlan(data.plan));
    for (const plan of this.#plans.slice(-1)) {
      plan.parts.push(data);
      plan.claims.add(data.after);
      plan.starts.add(data.before);
      plan.digests = undefined;
    }
    this.#index.take(data.plan, data);
    this.#sets.delete(data.plan);
  }

  /** The plans kept from `first` to `last`, both included. */
  between(first: number, last: number): number[] {
    const plans: number[] = [];
    // Those that hosts may be at are the latest.
    for (let index = this.#plans.length - 1; index >= -1; index -= 1) {
      const { plan } = this.#plans[index] ?? this.#base.plan;
      if (plan < first) break;
      if (plan <= last) plans.push(plan);
    }
    return plans.reverse();
  }

  /** True if the set of a plan is in use, or that of an earlier one is. */
  isInUse(plan: number): boolean {
    return plan >= this.#oldest && this.between(plan, plan).length > 0;
  }

  /** True if a plan is known, and names this digest for its set. */
  claims(plan: number, digest: string): boolean {
    return [this.#base.plan, ...this.#plans].some((known) => known.plan === plan && known.claims.has(digest));
  }

  /** The set of a plan that `between` has named. */
  setOf(plan: number): IndexedSet {
    const known = this.#sets.get(plan);
    if (known !== undefined) return known;
    const set = { objects: this.#index.setAt(plan), view: this.#index.viewAt(plan) };
    this.#sets.set(plan, set);
    return set;
  }

  /** All kept sets, by what is asked about. */
  get tables(): ObjectTables {
    return this.#index.tables;
  }

  /** True if a plan is known, and the set before it is kept as well. */
  isStep(plan: number): boolean {
    return this.#index.isStep(plan);
  }

  /** What the step to the set of a plan touches. Throws RangeError if it is not a step. */
  touched(plan: number, neighbours: Neighbours): TouchedPairs {
    return this.#index.touched(plan, neighbours);
  }

  /** The reasons against relying on the set of a plan that `between` has named: its digests, before and after. */
  flawsOf(plan: number): string[] {
    const flaws: string[] = [];
    if (!this.#startsAsClaimed(plan))
      flaws.push('it starts from another set than the plan before it ends with');
    const digest = this.#digestsOf(plan).digest();
    const named = [this.#base.plan, ...this.#plans].filter((known) => known.plan === plan);
    if (named.some(({ claims }) => claims.size !== 1 || !claims.has(digest))) {
      flaws.push('its objects do not have the digest that it names');
    }
    return flaws;
  }

  /**
   * The set of a plan as it was changed by hand, and what the later plans make of that. Undefined if the plan is not known any more, or if the
   * set does not have the digest that is named.
   */
  changedByHand({ plan, digest, parts }: ChangedByHand): FoundLog | undefined {
    const [kept] = this.between(plan, plan);
    if (plan > 0 && kept === undefined) return undefined;
    const digests = (plan > 0 ? this.#digestsOf(plan) : BucketDigests.of([])).after(parts);
    if (digests.digest() !== digest) return undefined;
    // Of a host that acknowledged no plan it is not known which ones could have been on their way.
    const start = plan > 0 ? plan : this.last;
    return {
      start,
      make: () => {
        const objects = new Map(Array.from(plan > 0 ? this.#index.setAt(plan).values() : [], byKey));
        for (const { put, removed } of parts) {
          for (const key of removed) objects.delete(key);
          for (const object of put) objects.set(keyOf(object), object);
        }
        const log = new PlanLog({ plan: start, objects: objects.values(), digests });
        const later = this.#plans.filter((step) => step.plan > start);
        for (const part of later.flatMap((step) => step.parts)) log.take(part);
        return log;
      },
    };
  }

  /** Sets of plans before `plan` come out of use, and are put together again should anybody look at the past. */
  rest(plan: number): void {
    const inUse = this.#plans.slice(this.#plans.findLastIndex((step) => step.plan < this.#oldest) + 1);
    for (const step of inUse) if (step.plan <= plan) this.#oldest = step.plan;
    for (const step of inUse) if (step.plan < this.#oldest) step.digests = undefined;
  }

  /** Gives up the sets of plans before `plan`, for good. */
  forget(plan: number): void {
    const done = this.#plans.filter((step) => step.plan <= plan);
    for (const step of done) {
      const startsAsClaimed = this.#startsAsClaimed(step.plan);
      this.#sets.delete(this.#base.plan.plan);
      this.#index.forget(step.plan);
      const digests = step.digests ?? this.#base.plan.digests?.after(step.parts);
      this.#base = { plan: { ...step, parts: [], digests }, startsAsClaimed };
      this.#plans.shift();
    }
  }

  #digestsOf(plan: number): BucketDigests {
    const steps = this.#plans.filter((step) => step.plan <= plan);
    const known = steps.findLastIndex(({ digests }) => digests !== undefined);
    let digests = steps[known]?.digests ?? this.#baseDigests();
    for (const step of steps.slice(known + 1)) {
      digests = digests.after(step.parts);
      step.digests = digests;
    }
    return digests;
  }

  #baseDigests(): BucketDigests {
    this.#base.plan.digests ??= BucketDigests.of(this.#index.setAt(this.#base.plan.plan).values());
    return this.#base.plan.digests;
  }

  #startsAsClaimed(plan: number): boolean {
    const index = this.#plans.findIndex((step) => step.plan === plan);
    const [before, step] = [this.#base.plan, ...this.#plans].slice(index, index + 2);
    if (before === undefined || step === undefined) return this.#base.startsAsClaimed;
    return step.starts.size === 1 && step.starts.isSubsetOf(before.claims);
  }
}

function byKey(object: OverlayObject): readonly [key: string, object: OverlayObject] {
  return [keyOf(object), object];
}

function newPlan(plan: number): Plan {
  return { plan, claims: new Set(), starts: new Set(), parts: [], digests: undefined };
}
