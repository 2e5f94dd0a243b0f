import type { EventData } from '../../../events/catalogue.ts';
import { Neighbours, type HostPlaces } from '../objects/neighbours.ts';
import type { TouchedPairs } from '../objects/touched.ts';
import type { ObjectSet, View } from '../objects/view.ts';
import { PlanLog, type IndexedSet } from './plans.ts';

/** Plans of a shard that a host may be at. Without `last`, up to the last plan of the shard. */
export interface Stretch {
  readonly shard: string;
  readonly first: number;
  readonly last?: number;
  /** True for those of a shard that the host was retired from, while it is in use in another: a second machine may have its name. */
  readonly former?: true;
}

/** A set of objects that a host may hold: the set of one plan of one shard. */
export interface SetRef {
  readonly shard: string;
  readonly plan: number;
  /** True where the host was retired from that shard, and is in use in another: what must get through does not rest on it. */
  readonly former?: true;
}

type PlanRef = Pick<SetRef, 'shard' | 'plan'>;

/** What may be asked of the plans of shards. */
export type PlansOfHosts = Pick<HostPlans, 'of' | 'neighbours' | 'isStep' | 'touched'>;

/** The sets of objects that hosts may hold at one moment. */
export interface HeldSets {
  /** Every set that the host may hold, each once. None for a host that no document names. */
  setsOf(host: string): SetRef[];
  /** The objects of a set that `setsOf` has named. */
  objectsOf(ref: SetRef): ObjectSet;
  /** The same set, to judge packets by it: the same object as long as the set is. */
  viewOf(ref: SetRef): View;
}

/** All that a batch changed, as it was before: the stretches of hosts (none for an unknown one), and the last plans of shards. */
export interface HeldBefore {
  readonly stretches: ReadonlyMap<string, readonly Stretch[]>;
  readonly lasts: ReadonlyMap<string, number>;
}

/** A batch, with what it changed of that. */
export interface PastBatch {
  readonly held: HeldBefore | undefined;
}

/** The empty set is the same in every shard. */
const nothing = new PlanLog().setOf(0);

/** The plans of each shard, and those that each host may be at; also as it was some batches ago. */
export class HostPlans implements HeldSets {
  readonly #logs = new Map<string, PlanLog>();
  readonly #stretches = new Map<string, readonly Stretch[]>();
  #before = { stretches: new Map<string, readonly Stretch[]>(), lasts: new Map<string, number>() };
  /** How often sets came out of use since some were given up. */
  #unforgotten = 0;

  logOf(shard: string): PlanLog {
    const known = this.#logs.get(shard);
    if (known !== undefined) return known;
    const log = new PlanLog();
    this.#logs.set(shard, log);
    return log;
  }

  get logs(): Iterable<readonly [shard: string, log: PlanLog]> {
    return this.#logs;
  }

  get hosts(): Iterable<string> {
    return this.#stretches.keys();
  }

  /** None for a host that no document names. */
  of(host: string): readonly Stretch[] {
    return this.#stretches.get(host) ?? [];
  }

  put(host: string, stretches: readonly Stretch[]): void {
    const { stretches: before } = this.#before;
    if (!before.has(host)) before.set(host, this.of(host));
    if (stretches.length > 0) this.#stretches.set(host, stretches);
    else this.#stretches.delete(host);
  }

  take(plan: EventData<'ChangePlanned'>): void {
    const { lasts } = this.#before;
    const log = this.logOf(plan.shard);
    if (!lasts.has(plan.shard)) lasts.set(plan.shard, log.last);
    log.take(plan);
  }

  /** What was changed since this was asked last; undefined if nothing was. */
  changed(): HeldBefore | undefined {
    const before = this.#before;
    if (before.stretches.size + before.lasts.size === 0) return undefined;
    this.#before = { stretches: new Map(), lasts: new Map() };
    return before;
  }

  setsOf(host: string): SetRef[] {
    return this.setsIn(this.of(host), (shard) => this.logOf(shard).last);
  }

  /** The sets of stretches, given the last plan of each shard. */
  setsIn(stretches: readonly Stretch[], lastOf: (shard: string) => number): SetRef[] {
    const refs = stretches.flatMap(({ shard, first, last, former }): SetRef[] => {
      const plans = last === 0 ? [0] : this.logOf(shard).between(first, last ?? lastOf(shard));
      if (former !== true) return plans.map((plan) => ({ shard, plan }));
      // A second machine that holds nothing lets nothing through, and says nothing of what the one in use holds.
      return plans.filter((plan) => plan > 0).map((plan) => ({ shard, plan, former }));
    });
    const seen = new Set<string>();
    return refs.filter(({ shard, plan }) => {
      // Whatever its shard.
      const key = plan === 0 ? '0' : `${shard}/${String(plan)}`;
      return !seen.has(key) && seen.add(key);
    });
  }

  objectsOf(ref: SetRef): ObjectSet {
    return this.#setOf(ref).objects;
  }

  viewOf(ref: SetRef): View {
    return this.#setOf(ref).view;
  }

  #setOf({ shard, plan }: SetRef): IndexedSet {
    return plan === 0 ? nothing : this.logOf(shard).setOf(plan);
  }

  /** Who may meet whom by the sets that are kept. It is valid until the next plan, and until documents change. */
  neighbours(documents: HostPlaces): Neighbours {
    return new Neighbours(
      Array.from(this.#logs.values(), ({ tables }) => tables),
      documents,
    );
  }

  /** True if a plan is known, and the set before it is kept as well. */
  isStep({ shard, plan }: PlanRef): boolean {
    return this.logOf(shard).isStep(plan);
  }

  /** What the step to a plan from the one before touches. Throws RangeError if it is not a step. */
  touched({ shard, plan }: PlanRef, neighbours: Neighbours): TouchedPairs {
    return this.logOf(shard).touched(plan, neighbours);
  }

  /** As it is now, to be taken back batch by batch. */
  past(): PastHostPlans {
    return new PastHostPlans(this);
  }

  /** Takes those sets out of use that no host can hold any more. */
  rest(): void {
    const oldest = oldestIn(this.#stretches.values());
    for (const [shard, log] of this.#logs) log.rest(oldest.get(shard) ?? log.last);
    this.#unforgotten += 1;
  }

  /**
   * Gives up sets that are out of use, but for those of the past that is to be remembered. Looking through a long past is
   * put off until as much may have come out of use.
   */
  forget(past: readonly PastBatch[], last: PastBatch): void {
    if (this.#unforgotten === 0 || this.#unforgotten < past.length) return;
    this.#unforgotten = 0;
    const remembered = [...past, last].flatMap(({ held }) => [...(held?.stretches.values() ?? [])]);
    const oldest = oldestIn([...this.#stretches.values(), ...remembered]);
    for (const [shard, log] of this.#logs) log.forget(oldest.get(shard) ?? log.last);
  }
}

/** By shard, the oldest plan among stretches. */
function oldestIn(stretches: Iterable<readonly Stretch[]>): Map<string, number> {
  const oldest = new Map<string, number>();
  for (const { shard, first, last } of [...stretches].flat()) {
    if (last !== 0) oldest.set(shard, Math.min(first, oldest.get(shard) ?? first));
  }
  return oldest;
}

/** What hosts may have held some batches ago, for as long as the sets of then are remembered. */
export class PastHostPlans implements HeldSets {
  readonly #present: HostPlans;
  readonly #stretches = new Map<string, readonly Stretch[]>();
  readonly #lasts = new Map<string, number>();

  constructor(present: HostPlans) {
    this.#present = present;
  }

  /** Goes back by what one batch changed, the last one first. */
  takeBack({ stretches, lasts }: HeldBefore): void {
    for (const [host, before] of stretches) this.#stretches.set(host, before);
    for (const [shard, before] of lasts) this.#lasts.set(shard, before);
  }

  setsOf(host: string): SetRef[] {
    const stretches = this.#stretches.get(host) ?? this.#present.of(host);
    return this.#present.setsIn(
      stretches,
      (shard) => this.#lasts.get(shard) ?? this.#present.logOf(shard).last,
    );
  }

  objectsOf(ref: SetRef): ObjectSet {
    return this.#present.objectsOf(ref);
  }

  viewOf(ref: SetRef): View {
    return this.#present.viewOf(ref);
  }
}
