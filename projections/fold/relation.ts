/** What a relation tells. */
export interface Related<Key> {
  has(key: Key, member: string): boolean;
  of(key: Key): Iterable<string>;
  /** The number of members of a key. */
  count(key: Key): number;
}

/**
 * The members of each key, as an index beside a state. A relation over another relation (`below`) keeps only the
 * differences, and never changes the other. Making it costs nothing, and it is valid until the other is changed.
 */
export class Relation<Key> implements Related<Key> {
  readonly #below: Related<Key> | undefined;
  /** Members that the relation below does not have. */
  readonly #own = new Map<Key, Set<string>>();
  /** Members that only the relation below has. */
  readonly #gone = new Map<Key, Set<string>>();

  constructor(below?: Related<Key>) {
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
