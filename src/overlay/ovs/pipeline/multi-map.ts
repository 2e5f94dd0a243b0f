const nothing: readonly never[] = [];

/**
 * Values by key, several under one. A key without values is not there. Most keys have one value: then no set is made for it,
 * which is most of what a large one would cost. A value is no Set.
 */
export class MultiMap<Key, Value> {
  readonly #values = new Map<Key, Value | Set<Value>>();

  add(key: Key, value: Value): void {
    const known = this.#values.get(key);
    if (known === undefined) this.#values.set(key, value);
    else if (known instanceof Set) known.add(value);
    else if (known !== value) this.#values.set(key, new Set([known, value]));
  }

  remove(key: Key, value: Value): void {
    const known = this.#values.get(key);
    if (known instanceof Set) {
      known.delete(value);
      if (known.size === 0) this.#values.delete(key);
    } else if (known === value) this.#values.delete(key);
  }

  /** The values of a key, each once. */
  of(key: Key): Iterable<Value> {
    const known = this.#values.get(key);
    if (known === undefined) return nothing;
    return known instanceof Set ? known : [known];
  }

  /** How many values a key has. */
  count(key: Key): number {
    const known = this.#values.get(key);
    if (known instanceof Set) return known.size;
    return known === undefined ? 0 : 1;
  }

  has(key: Key, value?: Value): boolean {
    const known = this.#values.get(key);
    if (known === undefined || value === undefined) return known !== undefined;
    return known instanceof Set ? known.has(value) : known === value;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  keys(): Iterable<Key> {
    return this.#values.keys();
  }
}
