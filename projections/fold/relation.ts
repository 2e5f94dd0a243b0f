/**
 * Which members belong to a key, kept as an index beside a state. Over another relation, which it never changes, it
 * holds only what differs: making one costs nothing, and it is valid as long as the one below is not changed.
 */
export class Relation<Key> {
  readonly #below: Relation<Key> | undefined;
  /** Members that the relation below does not have. */
  readonly #own = new Map<Key, Set<string>>();
  /** Members that only the relation below has. */
  readonly #gone = new Map<Key, Set<string>>();

  constructor(below?: Relation<Key>) {
    this.#below = below;
  }

  add(key: Key, member: string): void {
    if (this.#below?.has(key, member) === true) take(this.#gone, key, member);
    else put(this.#own, key, member);
  }

  remove(key: Key, member: string): void {
    if (this.#below?.has(key, member) === true) put(this.#gone, key, member);
    else take(this.#own, key, member);
  }

  has(key: Key, member: string): boolean {
    if (this.#own.get(key)?.has(member) === true) return true;
    return this.#below?.has(key, member) === true && this.#gone.get(key)?.has(member) !== true;
  }

  *of(key: Key): Generator<string> {
    const gone = this.#gone.get(key);
    for (const member of this.#below?.of(key) ?? []) if (gone?.has(member) !== true) yield member;
    yield* this.#own.get(key) ?? [];
  }

  /** How many members belong to a key. */
  count(key: Key): number {
    const below = this.#below?.count(key) ?? 0;
    return below - (this.#gone.get(key)?.size ?? 0) + (this.#own.get(key)?.size ?? 0);
  }
}

function put<Key>(sets: Map<Key, Set<string>>, key: Key, member: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([member]));
  else set.add(member);
}

function take<Key>(sets: Map<Key, Set<string>>, key: Key, member: string): void {
  const set = sets.get(key);
  set?.delete(member);
  if (set?.size === 0) sets.delete(key);
}
