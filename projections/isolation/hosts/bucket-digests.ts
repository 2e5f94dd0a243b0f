import { digestOf, digestOfText } from '../../../events/codec/canonical.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';

/** A step from one set to another: keys go first, then objects come. */
export interface SetStep {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly string[];
}

/** The digests of a bucket's objects, by key; and its own, once somebody asked for that. */
interface Bucketful {
  readonly byKey: ReadonlyMap<string, string>;
  digest?: string;
}

/** Some buckets whose numbers follow each other, and their digests as one text, once somebody asked for that. */
interface BucketPage {
  readonly buckets: readonly (Bucketful | undefined)[];
  text?: string;
}

/** There are 4,096 buckets, by the first three hexadecimal digits of SHA-256 of the keys; so many are on a page. */
const bucketsOnPage = 64;
const pageCount = 64;

/**
 * The digest of a set of objects, as digestOfObjects describes it. The planner has code of its own for it: an error there must
 * show here. A later set shares the pages and buckets in which nothing changed with the former one, and none of them ever changes.
 */
export class BucketDigests {
  readonly #pages: readonly BucketPage[];
  #digest: string | undefined;

  private constructor(pages: readonly BucketPage[]) {
    this.#pages = pages;
  }

  static of(objects: Iterable<OverlayObject>): BucketDigests {
    return new BucketDigests(noPages).after([{ put: [...objects], removed: [] }]);
  }

  /** The digests of the set that some steps lead to. */
  after(steps: readonly SetStep[]): BucketDigests {
    const changed = new Map<number, Map<string, string>>();
    const bucketFor = (key: string): Map<string, string> => {
      const number = Number.parseInt(digestOfText(key).slice(0, 3), 16);
      const known = changed.get(number);
      if (known !== undefined) return known;
      const bucket = new Map(this.#pages[pageOf(number)]?.buckets[number % bucketsOnPage]?.byKey);
      changed.set(number, bucket);
      return bucket;
    };
    for (const { put, removed } of steps) {
      for (const key of removed) bucketFor(key).delete(key);
      for (const object of put) {
        const key = keyOf(object);
        bucketFor(key).set(key, digestOf(object));
      }
    }
    const onPages = Map.groupBy(changed, ([bucket]) => pageOf(bucket));
    const pages = this.#pages.map((page, number) => {
      const others = onPages.get(number);
      if (others === undefined) return page;
      const buckets = [...page.buckets];
      for (const [bucket, byKey] of others) buckets[bucket % bucketsOnPage] = { byKey };
      return { buckets };
    });
    return new BucketDigests(pages);
  }

  /** The digest of the whole set. */
  digest(): string {
    this.#digest ??= digestOfText(this.#pages.map(textOf).join(''));
    return this.#digest;
  }
}

const noPages: readonly BucketPage[] = Array.from({ length: pageCount }, () => ({
  buckets: Array.from({ length: bucketsOnPage }, () => undefined),
}));

function pageOf(bucket: number): number {
  return Math.floor(bucket / bucketsOnPage);
}

/** The digests of the buckets that hold anything, in their order. */
function textOf(page: BucketPage): string {
  page.text ??= page.buckets.map((bucket) => (bucket === undefined ? '' : digestOfBucket(bucket))).join('');
  return page.text;
}

function digestOfBucket(bucket: Bucketful): string {
  const { byKey } = bucket;
  if (byKey.size === 0) return '';
  bucket.digest ??= digestOfText(
    [...byKey.keys()]
      .sort()
      .map((key) => byKey.get(key))
      .join(''),
  );
  return bucket.digest;
}
