import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { Layer } from '../../projections/fold/layer.ts';

interface Held {
  readonly object: OverlayObject;
  /** How many contribute it: a route belongs to the grants of both ways. */
  readonly contributors: number;
}

const nothingHeld: ReadonlyMap<string, Held> = new Map();
const nothingBy: ReadonlyMap<string, readonly OverlayObject[]> = new Map();

/**
 * A set of overlay objects put together from contributions, each of which can be replaced by itself. Over other
 * contributions, which it never changes, it holds only what differs: making one costs nothing, and it is valid as long as
 * those below are not changed.
 */
export class Contributions {
  readonly #held: Map<string, Held>;
  readonly #by: Map<string, readonly OverlayObject[]>;
  #touched = new Set<string>();

  constructor(below?: Contributions) {
    this.#held = new Layer(below === undefined ? nothingHeld : below.#held);
    this.#by = new Layer(below === undefined ? nothingBy : below.#by);
  }

  /** Puts what one contributes in place of what it contributed before. */
  put(contributor: string, objects: readonly OverlayObject[]): void {
    for (const object of this.#by.get(contributor) ?? []) this.#release(keyOf(object));
    for (const object of objects) this.#take(object);
    if (objects.length === 0) this.#by.delete(contributor);
    else this.#by.set(contributor, objects);
  }

  get(key: string): OverlayObject | undefined {
    return this.#held.get(key)?.object;
  }

  keys(): Iterable<string> {
    return this.#held.keys();
  }

  *objects(): Generator<OverlayObject> {
    for (const { object } of this.#held.values()) yield object;
  }

  /** The keys at which something may have changed since this was last asked. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  #take(object: OverlayObject): void {
    const key = keyOf(object);
    const contributors = (this.#held.get(key)?.contributors ?? 0) + 1;
    this.#held.set(key, { object, contributors });
    this.#touched.add(key);
  }

  #release(key: string): void {
    const held = this.#held.get(key);
    /* v8 ignore next -- @preserve what was contributed is held */
    if (held === undefined) throw new Error(`nothing is held at ${key}`);
    if (held.contributors === 1) this.#held.delete(key);
    else this.#held.set(key, { ...held, contributors: held.contributors - 1 });
    this.#touched.add(key);
  }
}
