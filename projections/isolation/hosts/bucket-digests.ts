import { digestOf, digestOfText } from '../../../events/codec/canonical.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';

/** A step from one set to another: keys go first, then objects come. */
export interface SetStep {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly string[];
}

/** The digests of a bucket's objects, by key. */
type DigestsByKey = ReadonlyMap<string, string>;

/**
 * The digest of a set of objects, as digestOfObjects describes it. The planner has code of its own for it: an error there must
 * show here. A later set shares the buckets in which nothing changed with the former one, and neither ever changes.
 */
export class BucketDigests {
  /** By the first three hexadecimal digits of SHA-256 of the keys. */
  readonly #buckets: ReadonlyMap<string, DigestsByKey>;
  /** The digests of buckets that were computed so far. */
  readonly #computed: WeakMap<DigestsByKey, string>;
  #digest: string | undefined;

  private constructor(buckets: ReadonlyMap<string, DigestsByKey>, computed: WeakMap<DigestsByKey, string>) {
    this.#buckets = buckets;
    this.#computed = computed;
  }

  static of(objects: Iterable<OverlayObject>): BucketDigests {
    return new BucketDigests(new Map(), new WeakMap()).after([{ put: [...objects], removed: [] }]);
  }

  /** The digests of the set that some steps lead to. */
  after(steps: readonly SetStep[]): BucketDigests {
    const changed = new Map<string, Map<string, string>>();
    const bucketFor = (key: string): Map<string, string> => {
      const prefix = digestOfText(key).slice(0, 3);
      const known = changed.get(prefix);
      if (known !== undefined) return known;
      const bucket = new Map(this.#buckets.get(prefix));
      changed.set(prefix, bucket);
      return bucket;
    };
    for (const { put, removed } of steps) {
      for (const key of removed) bucketFor(key).delete(key);
      for (const object of put) {
        const key = keyOf(object);
        bucketFor(key).set(key, digestOf(object));
      }
    }
    return new BucketDigests(new Map([...this.#buckets, ...changed]), this.#computed);
  }

  /** The digest of the whole set. */
  digest(): string {
    this.#digest ??= digestOfText(
      [...this.#buckets]
        .filter(([, bucket]) => bucket.size > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, bucket]) => this.#digestOf(bucket))
        .join(''),
    );
    return this.#digest;
  }

  #digestOf(bucket: DigestsByKey): string {
    const known = this.#computed.get(bucket);
    if (known !== undefined) return known;
    const ordered = [...bucket.keys()].sort().map((key) => bucket.get(key));
    const digest = digestOfText(ordered.join(''));
    this.#computed.set(bucket, digest);
    return digest;
  }
}
