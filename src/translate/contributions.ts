import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { Layer, type Below } from '../../projections/fold/layer.ts';

export interface Contributed {
  readonly object: OverlayObject;
  /** The number of its contributors. A route may have two: the grants of both directions. */
  readonly contributors: number;
}

/** A set, and who contributed what to it. */
export interface Contributing {
  readonly objects: Below<string, Contributed>;
  contributedBy(contributor: string): readonly OverlayObject[];
}

const nobody: Contributing = { objects: new Map(), contributedBy: () => [] };

/** The objects of a set, with the number of contributors of each, which is worked out when it is asked for. */
export class CountedObjects implements Below<string, Contributed> {
  readonly #objects: ReadonlyMap<string, OverlayObject>;
  readonly #contributorsOf: (object: OverlayObject) => number;

  constructor(
    objects: ReadonlyMap<string, OverlayObject>,
    contributorsOf: (object: OverlayObject) => number,
  ) {
    this.#objects = objects;
    this.#contributorsOf = contributorsOf;
  }

  get(key: string): Contributed | undefined {
    const object = this.#objects.get(key);
    return object && { object, contributors: this.#contributorsOf(object) };
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  keys(): MapIterator<string> {
    return this.#objects.keys();
  }

  get size(): number {
    return this.#objects.size;
  }

  *[Symbol.iterator](): MapIterator<[string, Contributed]> {
    for (const [key, object] of this.#objects)
      yield [key, { object, contributors: this.#contributorsOf(object) }];
  }
}

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
export class Contributions implements Contributing {
  readonly objects: Layer<string, Contributed>;
  readonly #below: Contributing;
  /** Contributions that stand above those of the set below. One of nothing stands there too. */
  readonly #own = new Map<string, readonly OverlayObject[]>();
  #touched = new Set<string>();

  constructor(below: Contributing = nobody) {
    this.objects = new Layer(below.objects);
    this.#below = below;
  }

  /** Replaces the objects of one contributor. */
  put(contributor: string, objects: readonly OverlayObject[]): void {
    for (const object of this.contributedBy(contributor)) this.#release(keyOf(object));
    for (const object of objects) this.#take(object);
    if (objects.length === 0 && this.#below === nobody) this.#own.delete(contributor);
    else this.#own.set(contributor, objects);
  }

  contributedBy(contributor: string): readonly OverlayObject[] {
    return this.#own.get(contributor) ?? this.#below.contributedBy(contributor);
  }

  get(key: string): OverlayObject | undefined {
    return this.objects.get(key)?.object;
  }

  keys(): Iterable<string> {
    return this.objects.keys();
  }

  /** The keys at which an object may have changed since the last call. */
  takeTouched(): ReadonlySet<string> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  #take(object: OverlayObject): void {
    const key = keyOf(object);
    const contributors = (this.objects.get(key)?.contributors ?? 0) + 1;
    this.objects.set(key, { object, contributors });
    this.#touched.add(key);
  }

  #release(key: string): void {
    const contributed = this.objects.get(key);
    /* v8 ignore next -- @preserve an object that was contributed is there */
    if (contributed === undefined) throw new Error(`no object was contributed at ${key}`);
    if (contributed.contributors === 1) this.objects.delete(key);
    else this.objects.set(key, { ...contributed, contributors: contributed.contributors - 1 });
    this.#touched.add(key);
  }
}
