import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { Layer } from '../../projections/fold/layer.ts';

interface Contributed {
  readonly object: OverlayObject;
  /** The number of its contributors. A route may have two: the grants of both directions. */
  readonly contributors: number;
}

const noObjects: ReadonlyMap<string, Contributed> = new Map();
const noContributions: ReadonlyMap<string, readonly OverlayObject[]> = new Map();

/**
 * A set of overlay objects, made of contributions that can be replaced one by one. A set over another set (`below`)
 * keeps only the differences, and never changes the other. Making it costs nothing, and it is valid until the other
 * is changed.
 */
export class Contributions {
  readonly #objects: Map<string, Contributed>;
  readonly #contributions: Map<string, readonly OverlayObject[]>;
  #touched = new Set<string>();

  constructor(below?: Contributions) {
    this.#objects = new Layer(below === undefined ? noObjects : below.#objects);
    this.#contributions = new Layer(below === undefined ? noContributions : below.#contributions);
  }

  /** Replaces the objects of one contributor. */
  put(contributor: string, objects: readonly OverlayObject[]): void {
    for (const object of this.#contributions.get(contributor) ?? []) this.#release(keyOf(object));
    for (const object of objects) this.#take(object);
    if (objects.length === 0) this.#contributions.delete(contributor);
    else this.#contributions.set(contributor, objects);
  }

  get(key: string): OverlayObject | undefined {
    return this.#objects.get(key)?.object;
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  *objects(): Generator<OverlayObject> {
    for (const { object } of this.#objects.values()) yield object;
  }

  /** The keys at which an object may have changed since the last call. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  #take(object: OverlayObject): void {
    const key = keyOf(object);
    const contributors = (this.#objects.get(key)?.contributors ?? 0) + 1;
    this.#objects.set(key, { object, contributors });
    this.#touched.add(key);
  }

  #release(key: string): void {
    const contributed = this.#objects.get(key);
    /* v8 ignore next -- @preserve an object that was contributed is there */
    if (contributed === undefined) throw new Error(`no object was contributed at ${key}`);
    if (contributed.contributors === 1) this.#objects.delete(key);
    else this.#objects.set(key, { ...contributed, contributors: contributed.contributors - 1 });
    this.#touched.add(key);
  }
}
