import { digestOf, digestOfText } from './codec/canonical.ts';
import { bucketCount, bucketOf, objectsByKey, type OverlayObject } from './overlay-objects.ts';

/** A step from one set of objects to another. An object that is put replaces the one of its key; a key in both is put. */
export interface SetChange {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly string[];
}

/** A bucket that holds something: the keys of its objects, sorted, and its digest. */
export interface Bucket {
  readonly keys: readonly string[];
  readonly digest: string;
}

/** A set of objects, looked up by key. */
type Members = Pick<ReadonlyMap<string, OverlayObject>, 'get'>;

/**
 * The digest of a set of objects (digestOfObjects), kept so that a change costs the objects of the buckets that it touches:
 * in a set of 100,000 objects, some 25 for each that is changed.
 *
 * The objects themselves are kept by whoever has the set, and are looked up there: `members` is the set before the change
 * or after it.
 */
export class SetDigest {
  /** By number; undefined for one that holds nothing. */
  readonly #buckets: (Bucket | undefined)[];
  #value: string | undefined;

  private constructor(buckets: (Bucket | undefined)[], value?: string) {
    this.#buckets = buckets;
    this.#value = value;
  }

  static empty(): SetDigest {
    return new SetDigest(Array.from({ length: bucketCount }, () => undefined));
  }

  static of(objects: Iterable<OverlayObject>): SetDigest {
    const digest = SetDigest.empty();
    digest.apply({ put: [...objects], removed: [] }, new Map());
    return digest;
  }

  /** The digest of which buckets() told this. Nothing is computed, and nothing checked. */
  static ofBuckets(buckets: Iterable<readonly [number: number, bucket: Bucket]>): SetDigest {
    const digest = SetDigest.empty();
    for (const [number, bucket] of buckets) digest.#buckets[number] = bucket;
    return digest;
  }

  /** The buckets that hold anything, in the order of their numbers. */
  buckets(): [number: number, bucket: Bucket][] {
    return this.#buckets.flatMap((bucket, number): [number, Bucket][] =>
      bucket === undefined ? [] : [[number, bucket]],
    );
  }

  /** The digest as lower-case hexadecimal digits. */
  value(): string {
    this.#value ??= digestOfText(this.#buckets.map((bucket) => bucket?.digest ?? '').join(''));
    return this.#value;
  }

  /** The digest that the set has after a change. This one stays as it is. */
  after(change: SetChange, members: Members): string {
    const copy = this.copy();
    copy.apply(change, members);
    return copy.value();
  }

  /** Follows a change of the set. */
  apply(change: SetChange, members: Members): void {
    for (const [number, touched] of touchedBuckets(change)) {
      this.#buckets[number] = bucketAfter(this.#buckets[number], touched, members);
    }
    this.#value = undefined;
  }

  /** A copy that follows changes of its own. */
  copy(): SetDigest {
    return new SetDigest([...this.#buckets], this.#value);
  }
}

/** By bucket, what a change makes of keys: an object, or undefined for a key that goes. */
type Touched = ReadonlyMap<string, OverlayObject | undefined>;

function touchedBuckets({ put, removed }: SetChange): ReadonlyMap<number, Touched> {
  const buckets = new Map<number, Map<string, OverlayObject | undefined>>();
  const touch = (key: string, object: OverlayObject | undefined): void => {
    const number = bucketOf(key);
    const touched = buckets.get(number);
    if (touched === undefined) buckets.set(number, new Map([[key, object]]));
    else touched.set(key, object);
  };
  for (const key of removed) touch(key, undefined);
  for (const [key, object] of objectsByKey(put)) touch(key, object);
  return buckets;
}

function bucketAfter(before: Bucket | undefined, touched: Touched, members: Members): Bucket | undefined {
  const stay = (before?.keys ?? []).filter((key) => !touched.has(key));
  const come = [...touched].flatMap(([key, object]) => (object === undefined ? [] : [key]));
  const keys = [...stay, ...come].sort();
  if (keys.length === 0) return undefined;
  const digests = keys.map((key) => digestOf(touched.get(key) ?? members.get(key)));
  return { keys, digest: digestOfText(digests.join('')) };
}
