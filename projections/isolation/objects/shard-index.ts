import { keyOf, type BindingObject, type OverlayObject } from '../../../events/overlay-objects.ts';
import { everything, type Traffic } from '../header-sets/traffic.ts';
import { objectsAbout } from './about.ts';
import { Derived, type Networks } from './derived.ts';
import { Endings } from './endings.ts';
import type { ListedObject, PlaceAt } from './object-list.ts';
import type { FoundAddresses, NetworkReach } from './reach.ts';
import { carriedKey, ObjectTables } from './tables.ts';
import type { Neighbours } from './neighbours.ts';
import { touchedBy, type TouchedPairs } from './touched.ts';
import type { ObjectSet, View } from './view.ts';

/** A step from one set to another: keys go first, then objects come. */
interface PlanPart {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly string[];
}

/**
 * The sets of objects of one shard, all in one: every entry of its tables says for which plans it stands, so that a plan
 * costs what it puts and removes. Plan 0 is the empty set.
 */
export class ShardIndex {
  readonly #endings = new Endings();
  readonly tables = new ObjectTables(this.#endings);
  readonly #derived = new Derived(this.tables, this.#endings);
  /** By key, what the last set holds. */
  readonly #last = new Map<string, ListedObject>();
  #placed = 0;
  /** By plan, what its step put and what it ended, unless the plan is the oldest one that is kept. */
  readonly #steps = new Map<number, Set<ListedObject>>();

  /** Carries out a part of a plan that is not before the last one. A set of that plan that was given out changes with it. */
  take(plan: number, { put, removed }: PlanPart): void {
    this.#stepTo(plan);
    for (const key of removed) {
      const gone = this.#last.get(key);
      if (gone !== undefined) this.#end(gone, plan);
      this.#last.delete(key);
    }
    for (const object of put) {
      const key = keyOf(object);
      const before = this.#last.get(key);
      if (before !== undefined && isAlike(before.item, object)) continue;
      if (before !== undefined) this.#end(before, plan);
      else this.#placed += 1;
      this.#last.set(key, this.#put(object, { order: before?.order ?? this.#placed, plan }));
    }
  }

  /** Gives up the set before that of `plan`, for good: the oldest one so far. */
  forget(plan: number): void {
    this.#endings.forget(plan);
    const ended = [...this.#stepTo(plan)].filter(({ until }) => until === plan);
    this.tables.all.drop(ended.length, plan);
    this.#steps.delete(plan);
  }

  /** True if a plan is known, and the set before it is kept as well. */
  isStep(plan: number): boolean {
    return this.#steps.has(plan);
  }

  /** What the step from the set before to that of `plan` touches. Throws RangeError if it is not a step. */
  touched(plan: number, neighbours: Neighbours): TouchedPairs {
    if (!this.isStep(plan)) throw new RangeError(`the set before plan ${String(plan)} is not kept`);
    // What one part of the plan put and a later one took away was in its set in between.
    const objects = Array.from(this.#stepTo(plan), ({ item }) => item);
    return touchedBy(objects, { plan, tables: this.tables, neighbours });
  }

  /** The objects of the set of a plan. */
  setAt(plan: number): ObjectSet {
    return new SetAt(plan, this.tables);
  }

  /** The set of a plan, to judge packets by it. */
  viewAt(plan: number): View {
    return new PlanView(plan, { tables: this.tables, derived: this.#derived });
  }

  #stepTo(plan: number): Set<ListedObject> {
    const known = this.#steps.get(plan);
    if (known !== undefined) return known;
    const step = new Set<ListedObject>();
    this.#steps.set(plan, step);
    return step;
  }

  #put(object: OverlayObject, at: PlaceAt): ListedObject {
    const listed = this.tables.put(object, at);
    this.#stepTo(at.plan).add(listed);
    this.#derived.end(object, at.plan);
    return listed;
  }

  #end(listed: ListedObject, plan: number): void {
    this.tables.end(listed, plan);
    this.#stepTo(plan).add(listed);
    this.#derived.end(listed.item, plan);
  }
}

/** True only if two objects are the same. Of some that are it does not tell, and they count as a change. */
function isAlike(object: OverlayObject, other: OverlayObject): boolean {
  return JSON.stringify(object) === JSON.stringify(other);
}

/** The objects of the set of one plan. What was asked is kept for as long as the shard's tables stay as they are. */
class SetAt implements ObjectSet {
  readonly #plan: number;
  readonly #tables: ObjectTables;
  #about = { changes: 0, byVnis: new Map<string, readonly OverlayObject[]>() };

  constructor(plan: number, tables: ObjectTables) {
    this.#plan = plan;
    this.#tables = tables;
  }

  values(): Iterable<OverlayObject> {
    return this.#tables.all.at(this.#plan);
  }

  about(vnis: ReadonlySet<number>, targets: ReadonlySet<number>): readonly OverlayObject[] {
    const { changes } = this.#tables;
    if (changes !== this.#about.changes) this.#about = { changes, byVnis: new Map() };
    const key = `${[...vnis].join(' ')} to ${[...targets].join(' ')}`;
    const objects = this.#about.byVnis.get(key) ?? objectsAbout(this.#tables, { vnis, targets }, this.#plan);
    this.#about.byVnis.set(key, objects);
    return objects;
  }
}

/** The view of the set of one plan. It has nothing of its own. */
class PlanView implements View {
  readonly #plan: number;
  readonly #tables: ObjectTables;
  readonly #derived: Derived;

  constructor(
    plan: number,
    { tables, derived }: { readonly tables: ObjectTables; readonly derived: Derived },
  ) {
    this.#plan = plan;
    this.#tables = tables;
    this.#derived = derived;
  }

  at(port: string): readonly BindingObject[] {
    return this.#tables.ports.at(port, this.#plan);
  }

  namesOf(vni: number): readonly string[] {
    return this.#tables.byVni.at(vni, this.#plan).map(({ segment }) => segment);
  }

  bindings(): readonly BindingObject[] {
    return this.#derived.bindings(this.#plan);
  }

  tunnelTo(host: string): string | undefined {
    return this.#tables.hosts.at(host, this.#plan)[0]?.tunnelIp;
  }

  accepts({ tunnelIp, vni }: { readonly tunnelIp: string; readonly vni: number }): boolean {
    const senders = this.#tables.tunnels.at(tunnelIp, this.#plan);
    return senders.some(
      ({ host }) => this.#tables.carried.at(carriedKey({ host, vni }), this.#plan).length > 0,
    );
  }

  allowed(side: 'egress' | 'ingress', { from, to }: Networks): Traffic {
    return from === to ? everything : this.#derived.allowed(side, { from, to }, this.#plan);
  }

  reach(vni: number): NetworkReach {
    return this.#derived.reach(vni, this.#plan);
  }

  reversePath({ from, to }: Networks): FoundAddresses | undefined {
    if (this.#tables.externals.at(from, this.#plan).length === 0) return undefined;
    return this.reach(to).addressesIn(from);
  }
}
