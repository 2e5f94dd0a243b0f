import type { Endings, Prunable } from './endings.ts';

/**
 * What a table of versions is made of. Plans are numbered upwards, and a change is always one of the last plan. Whatever ends at
 * a plan is kept for those who ask about earlier ones, until these are given up.
 */

/** Plans from `since` (included) to `until` (excluded). */
export interface PlanSpan {
  since: number;
  until: number;
}

/** Something that sets hold for a span of plans. `order` is its place among all, which it keeps when it is replaced. */
export interface Version<Item> extends PlanSpan {
  readonly item: Item;
  readonly order: number;
}

interface Latest<Item> {
  readonly placed: readonly Version<Item>[];
  readonly items: readonly Item[];
}

/** Every plan. */
export function always(): PlanSpan {
  return { since: 0, until: Infinity };
}

/** Narrows a span around `plan`, so that it does not reach over a change at `change`. */
export function narrow(span: PlanSpan, plan: number, change: number): void {
  if (change <= plan) span.since = Math.max(span.since, change);
  else span.until = Math.min(span.until, change);
}

/** The place after the last one that is at most `limit`, in a list that rises. */
export function placeAfter<Item>(
  list: readonly Item[],
  limit: number,
  numberOf: (item: Item) => number,
): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = list[middle];
    if (item !== undefined && numberOf(item) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All that sets hold under one key, in order. */
class Versions<Key, Item> implements Prunable {
  readonly #key: Key;
  readonly #owner: Map<Key, Versions<Key, Item>>;
  /** By order, then by plan. */
  #versions: Version<Item>[];
  /** The last plan that changed anything here. */
  #changed: number;
  /** What the sets of that plan and later ones hold; undefined until it is asked for. */
  #latest: Latest<Item> | undefined;

  constructor(owner: Map<Key, Versions<Key, Item>>, key: Key, first: Version<Item>) {
    this.#owner = owner;
    this.#key = key;
    this.#versions = [first];
    this.#changed = lastChangeOf(first);
  }

  put(version: Version<Item>): void {
    const place = placeAfter(this.#versions, version.order, ({ order }) => order);
    this.#versions.splice(place, 0, version);
    this.change(lastChangeOf(version));
  }

  /** Hears that something here came or ended at a plan. */
  change(plan: number): void {
    this.#changed = Math.max(this.#changed, plan);
    this.#latest = undefined;
  }

  /** What the set of a plan holds. `span` is narrowed to the plans for which that is so. */
  at(plan: number, span?: PlanSpan): readonly Item[] {
    if (plan >= this.#changed) {
      if (span !== undefined) narrow(span, plan, this.#changed);
      return this.#open().items;
    }
    if (span !== undefined)
      for (const { since, until } of this.#versions) {
        narrow(span, plan, since);
        narrow(span, plan, until);
      }
    return this.placedAt(plan).map(({ item }) => item);
  }

  /** The same, each with its place among all. */
  placedAt(plan: number): readonly Version<Item>[] {
    if (plan >= this.#changed) return this.#open().placed;
    return this.#versions.filter(({ since, until }) => since <= plan && plan < until);
  }

  /** What any kept set holds; twice if it came twice. */
  kept(): Item[] {
    return this.#versions.map(({ item }) => item);
  }

  prune(oldest: number): void {
    this.#versions = this.#versions.filter(({ until }) => until > oldest);
    if (this.#versions.length === 0) this.#owner.delete(this.#key);
  }

  /** What is there still after the last change. */
  #open(): Latest<Item> {
    if (this.#latest !== undefined) return this.#latest;
    const placed = this.#versions.filter(({ until }) => until === Infinity);
    const latest = { placed, items: placed.map(({ item }) => item) };
    this.#latest = latest;
    return latest;
  }
}

function lastChangeOf({ since, until }: PlanSpan): number {
  return until === Infinity ? since : until;
}

/** What a table has of all objects, and by which key. */
export interface Selection<Key, All, Item extends All> {
  readonly has: (version: Version<All>) => version is Version<Item>;
  readonly keyOf: (item: Item) => Key;
}

/** All that the kept sets of a shard hold, in order. */
interface AllVersions<All> {
  readonly ordered: () => readonly Version<All>[];
  readonly endings: Endings;
}

/**
 * What the sets of one shard hold, by a key that several may share. It is put together when it is first asked for: of most tables
 * nothing is ever asked. From then on it hears of whatever comes and ends.
 */
export class VersionedIndex<Key, All, Item extends All> {
  readonly #all: AllVersions<All>;
  readonly #selection: Selection<Key, All, Item>;
  #index: Map<Key, Versions<Key, Item>> | undefined;

  constructor(all: AllVersions<All>, selection: Selection<Key, All, Item>) {
    this.#all = all;
    this.#selection = selection;
  }

  /** True if no set that is kept holds anything. */
  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** What the set of a plan holds under a key, in order. `span` is narrowed to the plans for which that is so. */
  at(key: Key, plan: number, span?: PlanSpan): readonly Item[] {
    return this.#byKey.get(key)?.at(plan, span) ?? [];
  }

  /** The same, each with its place among all. */
  placedAt(key: Key, plan: number): readonly Version<Item>[] {
    return this.#byKey.get(key)?.placedAt(plan) ?? [];
  }

  /** What any kept set holds under a key. */
  kept(key: Key): Item[] {
    return this.#byKey.get(key)?.kept() ?? [];
  }

  /** The keys under which kept sets hold anything. */
  keys(): Iterable<Key> {
    return this.#byKey.keys();
  }

  /** Hears of an item that sets hold from a plan on. */
  put(version: Version<All>): void {
    if (this.#index !== undefined && this.#selection.has(version)) this.#put(this.#index, version);
  }

  /** Hears that an item has ended. */
  end(version: Version<All>): void {
    if (this.#index === undefined || !this.#selection.has(version)) return;
    const versions = this.#index.get(this.#selection.keyOf(version.item));
    if (versions === undefined) return;
    versions.change(version.until);
    this.#all.endings.add(version.until, versions);
  }

  get #byKey(): Map<Key, Versions<Key, Item>> {
    if (this.#index !== undefined) return this.#index;
    const index = new Map<Key, Versions<Key, Item>>();
    const { ordered, endings } = this.#all;
    for (const version of ordered())
      if (version.until > endings.oldest && this.#selection.has(version)) this.#put(index, version);
    this.#index = index;
    return index;
  }

  #put(index: Map<Key, Versions<Key, Item>>, version: Version<Item>): void {
    const key = this.#selection.keyOf(version.item);
    const known = index.get(key);
    const versions = known ?? new Versions(index, key, version);
    if (known === undefined) index.set(key, versions);
    else known.put(version);
    this.#all.endings.add(version.until, versions);
  }
}
