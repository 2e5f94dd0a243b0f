/** What a layer needs of the map below it. */
export type Below<Key, Value> = Pick<
  ReadonlyMap<Key, Value>,
  'get' | 'has' | 'keys' | 'size' | typeof Symbol.iterator
>;

/**
 * A map over another map, which it never changes: its own values and deletions stand above. Making it costs nothing,
 * however large the map below is. It is valid until the map below is changed. Keys of the map below come first, in
 * their order.
 */
export class Layer<Key, Value extends object | string> extends Map<Key, Value> {
  readonly #below: Below<Key, Value>;
  readonly #own = new Map<Key, Value>();
  readonly #gone = new Set<Key>();
  #added = 0;

  constructor(below: Below<Key, Value>) {
    super();
    this.#below = below;
  }

  override get(key: Key): Value | undefined {
    const own = this.#own.get(key);
    if (own !== undefined) return own;
    return this.#gone.has(key) ? undefined : this.#below.get(key);
  }

  override has(key: Key): boolean {
    return this.#own.has(key) || (!this.#gone.has(key) && this.#below.has(key));
  }

  override set(key: Key, value: Value): this {
    if (!this.#own.has(key) && !this.#below.has(key)) this.#added += 1;
    this.#gone.delete(key);
    this.#own.set(key, value);
    return this;
  }

  override delete(key: Key): boolean {
    const was = this.has(key);
    this.#own.delete(key);
    if (this.#below.has(key)) this.#gone.add(key);
    else if (was) this.#added -= 1;
    return was;
  }

  override clear(): void {
    for (const key of [...this.keys()]) this.delete(key);
  }

  override get size(): number {
    return this.#below.size - this.#gone.size + this.#added;
  }

  override *entries(): MapIterator<[Key, Value]> {
    for (const [key, value] of this.#below) {
      if (!this.#gone.has(key)) yield [key, this.#own.get(key) ?? value];
    }
    for (const [key, value] of this.#own) if (!this.#below.has(key)) yield [key, value];
  }

  override *keys(): MapIterator<Key> {
    for (const key of this.#below.keys()) if (!this.#gone.has(key)) yield key;
    for (const key of this.#own.keys()) if (!this.#below.has(key)) yield key;
  }

  override *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  override [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  override forEach(visit: (value: Value, key: Key, map: Map<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}
