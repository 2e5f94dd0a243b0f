import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { Layer } from '../../projections/fold/layer.ts';

export interface Contributed {
  readonly object: OverlayObject;
  /** The number of its contributors. A route may have two: the grants of both directions. */
  readonly contributors: number;
}

/** A set that was made, by key and by contributor. */
interface Contributing {
  readonly objects: ReadonlyMap<string, Contributed>;
  readonly contributions: ReadonlyMap<string, readonly OverlayObject[]>;
}

const noContributions: Contributing = { objects: new Map(), contributions: new Map() };

/** The name of the contributor of what an end has. */
export function endName(end: string): string {
  return `end ${end}`;
}

/** The name of the contributor of what a grant needs, by its grantKey. */
export function grantName(pair: string): string {
  return `grant ${pair}`;
}

/**
 * A set of overlay objects, made of contributions that can be replaced one by one. A set over another set (`below`)
 * keeps only the differences, and never changes the other. Making it costs nothing, and it is valid until the other
 * is changed.
 */
export class Contributions {
  readonly #objects: Map<string, Contributed>;
  readonly #contributions: Map<string, readonly OverlayObject[]>;
  #touched = new Set<string>();

  constructor({ objects, contributions }: Contributing = noContributions) {
    this.#objects = new Layer(objects);
    this.#contributions = new Layer(contributions);
  }

  /** A set over this one. */
  copy(): Contributions {
    return new Contributions({ objects: this.#objects, contributions: this.#contributions });
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
