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

/** A place in the order of a set, and the plan that changes what is there. */
export interface PlaceAt {
  readonly order: number;
  readonly plan: number;
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
  #versions: Version<Item>[] = [];
  /** The last plan that changed anything here. */
  #changed = 0;
  /** What the sets of that plan and later ones hold; undefined until it is asked for. */
  #latest: readonly Item[] | undefined;

  constructor(owner: Map<Key, Versions<Key, Item>>, key: Key) {
    this.#owner = owner;
    this.#key = key;
  }

  put(item: Item, { order, plan }: PlaceAt): void {
    const place = placeAfter(this.#versions, order, (version) => version.order);
    this.#versions.splice(place, 0, { item, order, since: plan, until: Infinity });
    this.#change(plan);
  }

  /** Ends what is there at a place. */
  end({ order, plan }: PlaceAt): void {
    const place = placeAfter(this.#versions, order, (version) => version.order);
    for (const version of this.#versions.slice(place - 1, place)) version.until = plan;
    this.#change(plan);
  }

  /** What the set of a plan holds. `span` is narrowed to the plans for which that is so. */
  at(plan: number, span?: PlanSpan): readonly Item[] {
    if (plan >= this.#changed) {
      if (span !== undefined) narrow(span, plan, this.#changed);
      this.#latest ??= this.#open();
      return this.#latest;
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

  /** What is there still after the last change. Most keys have one item, which is asked for at once. */
  #open(): Item[] {
    const items: Item[] = [];
    for (const { item, until } of this.#versions) if (until === Infinity) items.push(item);
    return items;
  }

  #change(plan: number): void {
    this.#changed = plan;
    this.#latest = undefined;
  }
}

/** What the sets of one shard hold, by a key that several may share. */
export class VersionedIndex<Key, Item> {
  readonly #byKey = new Map<Key, Versions<Key, Item>>();
  readonly #endings: Endings;

  constructor(endings: Endings) {
    this.#endings = endings;
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

  /** From this plan on sets hold an item. */
  put(key: Key, item: Item, at: PlaceAt): void {
    this.#of(key).put(item, at);
  }

  /** From this plan on sets do not hold the item at this place. */
  end(key: Key, at: PlaceAt): void {
    const versions = this.#of(key);
    versions.end(at);
    this.#endings.add(at.plan, versions);
  }

  #of(key: Key): Versions<Key, Item> {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const versions = new Versions(this.#byKey, key);
    this.#byKey.set(key, versions);
    return versions;
  }
}
