const nothing: ReadonlySet<never> = new Set<never>();

/** Values by key, several under one. A key without values is not there. */
export class MultiMap<Key, Value> {
  readonly #sets = new Map<Key, Set<Value>>();

  add(key: Key, value: Value): void {
    const known = this.#sets.get(key);
    if (known === undefined) this.#sets.set(key, new Set([value]));
    else known.add(value);
  }

  remove(key: Key, value: Value): void {
    const known = this.#sets.get(key);
    if (known === undefined) return;
    known.delete(value);
    if (known.size === 0) this.#sets.delete(key);
  }

  of(key: Key): ReadonlySet<Value> {
    return this.#sets.get(key) ?? nothing;
  }

  keys(): Iterable<Key> {
    return this.#sets.keys();
  }
}
