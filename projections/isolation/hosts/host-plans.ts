import type { EventData } from '../../../events/catalogue.ts';
import { defined } from '../../../events/codec/defined.ts';
import { Neighbours, type HostPlaces } from '../objects/neighbours.ts';
import type { TouchedPairs } from '../objects/touched.ts';
import type { ObjectSet, View } from '../objects/view.ts';
import type { Gap } from './gap.ts';
import { PlanLog, type FoundLog, type IndexedSet } from './plans.ts';

/** Plans of a shard that a host may be at. Without `last`, up to the last plan of the shard. */
export interface Stretch {
  readonly shard: string;
  readonly first: number;
  readonly last?: number;
  /** True for those of a shard that the host was retired from, while it is in use in another: a second machine may have its name. */
  readonly former?: true;
  /** Where these are no plans of the shard, but what the host was found to hold, and what later plans make of that: its log. */
  readonly found?: string;
}

/** A set of objects that a host may hold: the set of one plan of one shard, or what such a plan makes of what was found there. */
export interface SetRef {
  readonly shard: string;
  readonly plan: number;
  /** True where the host was retired from that shard, and is in use in another: what must get through does not rest on it. */
  readonly former?: true;
  /** What the host was found to hold, as the plan leaves it: the log that has it. */
  readonly found?: string;
}

type PlanRef = Pick<SetRef, 'shard' | 'plan'>;

/** What a host was found to hold instead of what it acknowledged to a shard. */
export interface FoundThere {
  readonly host: string;
  readonly shard: string;
  /** No shard has its name. Two that have the same begin with the same set, at the same plan. */
  readonly name: string;
  /** Of the entry that told of it. */
  readonly seq: number;
  readonly log: FoundLog;
  /** Whether a plan could be carried out on it: not where nothing is left that says which plan it was. */
  readonly follows: boolean;
}

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
  /** True if some set that is kept, of whatever shard, has an external in a network. */
  isOfExternals(vni: number): boolean;
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
  /** By shard, its plans; and what hosts were found to hold, by a name that no shard has. */
  readonly #logs = new Map<string, PlanLog>();
  readonly #stretches = new Map<string, readonly Stretch[]>();
  /** By their logs, what hosts were found to hold, and those hosts: whoever changes many may have left the same in all of them. */
  readonly #found = new Map<
    string,
    Pick<FoundThere, 'shard' | 'follows'> & { readonly hosts: Set<string> }
  >();
  #before = { stretches: new Map<string, readonly Stretch[]>(), lasts: new Map<string, number>() };
  /** How often sets came out of use since some were given up. */
  #unforgotten = 0;

  logOf(name: string): PlanLog {
    const known = this.#logs.get(name);
    if (known !== undefined) return known;
    const log = new PlanLog();
    this.#logs.set(name, log);
    return log;
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
    this.#take(plan.shard, plan);
    for (const [name, { shard, follows, hosts }] of this.#found) {
      if (shard !== plan.shard || !follows) continue;
      this.#take(name, plan);
      // The plan may change there what it changes nowhere else.
      for (const host of hosts)
        if (this.of(host).some(({ found }) => found === name)) this.put(host, this.of(host));
    }
  }

  #take(name: string, plan: EventData<'ChangePlanned'>): void {
    const { lasts } = this.#before;
    const log = this.logOf(name);
    if (!lasts.has(name)) lasts.set(name, log.last);
    log.take(plan);
  }

  /** From now on the host may hold what it was found to hold, beside all else. */
  find(there: FoundThere): void {
    const { host, shard, follows } = there;
    const name = this.#logOfFound(there);
    this.#found.get(name)?.hosts.add(host);
    const planned = this.of(host).filter((stretch) => stretch.shard === shard);
    const former = planned.some((stretch) => stretch.former) || undefined;
    // A plan that does not reach the host does not change what was found there.
    const isDriven = follows && planned.some(({ last }) => last === undefined);
    const first = there.log.start;
    const last = isDriven ? undefined : Math.max(first, ...planned.map((stretch) => stretch.last ?? 0));
    this.put(host, [...this.of(host), { shard, first, found: name, ...defined({ former, last }) }]);
  }

  /** The log of what was found, which another host may have as well, unless its beginning was given up. */
  #logOfFound({ shard, name, seq, log, follows }: FoundThere): string {
    const known = this.#logs.get(name);
    if (known?.first === log.start) return name;
    const own = known === undefined ? name : `${name}, seq ${String(seq)}`;
    this.#logs.set(own, log.make());
    this.#found.set(own, { shard, follows, hosts: new Set() });
    return own;
  }

  /** From now on the host holds nothing any more of what it was found to hold instead of the sets of some shards. */
  loseFound(host: string, isOver: (shard: string) => boolean): void {
    const left = this.of(host).filter(({ shard, found }) => found === undefined || !isOver(shard));
    if (left.length === this.of(host).length) return;
    this.put(host, left);
    this.rest();
  }

  /** What was changed since this was asked last; undefined if nothing was. */
  changed(): HeldBefore | undefined {
    const before = this.#before;
    if (before.stretches.size + before.lasts.size === 0) return undefined;
    this.#before = { stretches: new Map(), lasts: new Map() };
    return before;
  }

  setsOf(host: string): SetRef[] {
    return this.setsIn(this.of(host), (name) => this.logOf(name).last);
  }

  /** The sets of stretches, given the last plan of each log. */
  setsIn(stretches: readonly Stretch[], lastOf: (name: string) => number): SetRef[] {
    const refs = stretches.flatMap(({ shard, first, last, former, found }): SetRef[] => {
      const name = found ?? shard;
      const plans =
        last === 0 && found === undefined ? [0] : this.logOf(name).between(first, last ?? lastOf(name));
      const sets = plans.map((plan) => ({ shard, plan, ...defined({ former, found }) }));
      // A second machine that holds nothing lets nothing through, and says nothing of what the one in use holds.
      return former === true ? sets.filter((set) => !isEmptyByNumber(set)) : sets;
    });
    const seen = new Set<string>();
    return refs.filter((ref) => {
      // Whatever its shard.
      const key = isEmptyByNumber(ref) ? '0' : `${ref.found ?? ref.shard}/${String(ref.plan)}`;
      return !seen.has(key) && seen.add(key);
    });
  }

  objectsOf(ref: SetRef): ObjectSet {
    return this.#setOf(ref).objects;
  }

  viewOf(ref: SetRef): View {
    return this.#setOf(ref).view;
  }

  #setOf(ref: SetRef): IndexedSet {
    return isEmptyByNumber(ref) ? nothing : this.logOf(ref.found ?? ref.shard).setOf(ref.plan);
  }

  isOfExternals(vni: number): boolean {
    return this.#logs.values().some(({ tables }) => tables.externals.kept(vni).length > 0);
  }

  /** Plans out of order, and sets in use whose digests do not fit. What was found was compared with its digest when it was. */
  gaps(): Gap[] {
    const gaps: Gap[] = [];
    for (const [shard, log] of this.#logs) {
      if (this.#found.has(shard)) continue;
      for (const problem of log.disorder) gaps.push({ kind: 'plan', about: shard, problem });
    }
    for (const { shard, plan } of this.#inUse()) {
      for (const flaw of this.logOf(shard).flawsOf(plan)) {
        gaps.push({ kind: 'plan', about: shard, problem: `plan ${String(plan)}: ${flaw}` });
      }
    }
    return gaps;
  }

  /** The sets of plans that hosts may be at, without the empty one. */
  #inUse(): SetRef[] {
    const used = new Map<string, SetRef>();
    for (const host of this.#stretches.keys()) {
      for (const ref of this.setsOf(host))
        if (ref.plan > 0 && ref.found === undefined) used.set(`${ref.shard}/${String(ref.plan)}`, ref);
    }
    return [...used.values()];
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
    for (const [name, log] of this.#logs) log.forget(oldest.get(name) ?? log.last);
    for (const name of this.#found.keys()) {
      if (oldest.has(name)) continue;
      this.#found.delete(name);
      this.#logs.delete(name);
    }
  }
}

/** Whether a set is the one that every shard begins with, and is held by a host that was given nothing. */
export function isEmptyByNumber({
  plan,
  found,
}: {
  readonly plan: number;
  readonly found?: string | undefined;
}): boolean {
  return plan === 0 && found === undefined;
}

/** By shard, and by the logs of what was found, the oldest plan among stretches. */
function oldestIn(stretches: Iterable<readonly Stretch[]>): Map<string, number> {
  const oldest = new Map<string, number>();
  for (const { shard, first, last, found } of [...stretches].flat()) {
    const name = found ?? shard;
    if (last !== 0 || found !== undefined) oldest.set(name, Math.min(first, oldest.get(name) ?? first));
  }
  return oldest;
}
