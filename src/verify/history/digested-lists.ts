import { hash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { IndexDamaged, integerIn, textIn } from './rows.ts';

/** What a list says from a place on. Places are whole numbers: numbers of stops, of entries, or a count. */
export interface Item {
  readonly at: number;
  readonly body: string;
}

/** An item as it is stored: its digest rests on all items before it. */
interface StoredItem extends Item {
  readonly digest: string;
}

/** A list, and the digest of its last item. */
export interface ListRow {
  readonly id: number;
  readonly name: string;
  readonly digest: string;
}

/**
 * Lists that only grow, in a database, and by which an edit is found. The digest of each item rests on that of the one before it, so that a
 * part of a list is checked by itself: from the item before it to the one behind it. Which lists there are, and how each ends, is
 * checked by bucket; the buckets together give the root, which the index names.
 */
export const listsSchema = `
CREATE TABLE list (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, bucket INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
CREATE INDEX list_bucket ON list (bucket, name);
CREATE TABLE item (list INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (list, at)) STRICT, WITHOUT ROWID;
CREATE TABLE bucket (number INTEGER PRIMARY KEY, digest TEXT NOT NULL) STRICT;`;

/** How many buckets the lists are in, so that few are read to check one of them. */
const buckets = 1024;
/** Characters of a digest that are kept: 132 bits. */
const digestLength = 22;

export function digestOfText(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, digestLength);
}

/** The bucket of a list by where it is at home: lists that are asked for together are in one. */
export function bucketOf(home: string): number {
  return Number.parseInt(hash('sha256', home).slice(0, 8), 16) % buckets;
}

/** The digest before the first item. */
export function seedOf({ id, name }: Pick<ListRow, 'id' | 'name'>): string {
  return `${String(id)} ${name}`;
}

export function digestAfter(digest: string, { at, body }: Item): string {
  return digestOfText(`${digest} ${String(at)} ${body}`);
}

/** The digest of a bucket by its lists, sorted by name. */
export function digestOfBucket(lists: readonly ListRow[]): string {
  return digestOfText(JSON.stringify(lists.map(({ id, name, digest }) => [id, name, digest])));
}

/** The digest of all buckets that hold anything, in their order. */
export function rootOfBuckets(all: Iterable<readonly [number: number, digest: string]>): string {
  return digestOfText(JSON.stringify([...all]));
}

/** Reads lists, and checks what it reads. All methods throw IndexDamaged, and the errors of SQLite. */
export class ListReader {
  readonly #inBucket: StatementSync;
  readonly #upTo: StatementSync;
  readonly #after: StatementSync;
  readonly #everyBucket: StatementSync;
  readonly #root: string;
  #buckets: ReadonlyMap<number, string> | undefined;
  readonly #lists = new Map<number, ReadonlyMap<string, ListRow>>();

  /** `root` is what the buckets must give. */
  constructor(database: DatabaseSync, root: string) {
    this.#root = root;
    this.#inBucket = database.prepare('SELECT id, name, digest FROM list WHERE bucket = ? ORDER BY name');
    const select = 'SELECT at, body, digest FROM item WHERE list = ?';
    this.#upTo = database.prepare(`${select} AND at <= ? ORDER BY at DESC`);
    this.#after = database.prepare(`${select} AND at > ? ORDER BY at`);
    this.#everyBucket = database.prepare('SELECT number, digest FROM bucket ORDER BY number');
  }

  /** The lists of a bucket, by name. */
  inBucket(number: number): ReadonlyMap<string, ListRow> {
    const known = this.#lists.get(number);
    if (known !== undefined) return known;
    const rows = this.#inBucket.all(number).map((row) => ({
      id: integerIn(row, 'id'),
      name: textIn(row, 'name'),
      digest: textIn(row, 'digest'),
    }));
    const expected = this.#allBuckets().get(number);
    if (rows.length === 0 ? expected !== undefined : digestOfBucket(rows) !== expected)
      throw new IndexDamaged(`the lists of bucket ${String(number)} are not those that were written`);
    const lists = new Map(rows.map((row) => [row.name, row]));
    this.#lists.set(number, lists);
    return lists;
  }

  list(name: string, home: string): ListRow | undefined {
    return this.inBucket(bucketOf(home)).get(name);
  }

  *all(): Generator<ListRow> {
    for (const number of this.#allBuckets().keys()) yield* this.inBucket(number).values();
  }

  /** The item at a place, or else the last one before it. */
  at(list: ListRow, place: number): Item | undefined {
    return this.backFrom(list, place, () => true)[0];
  }

  /** The items at a place and before it, the last one first, back to one that is enough, or to the first one. */
  backFrom(list: ListRow, place: number, isEnough: (item: Item) => boolean): Item[] {
    const items: StoredItem[] = [];
    let before = seedOf(list);
    for (const row of this.#upTo.iterate(list.id, place)) {
      const item = storedIn(row);
      const last = items.at(-1);
      if (last !== undefined && isEnough(last)) {
        before = item.digest;
        break;
      }
      items.push(item);
    }
    for (const item of items.toReversed()) {
      requireNext(before, item);
      before = item.digest;
    }
    this.#requireNoneBetween(list, { digest: before, place });
    return items;
  }

  /** The items after a place, up to another one, in order. */
  between(list: ListRow, after: number, to: number): readonly Item[] {
    return this.stretch(list, after, to).items;
  }

  /** The same, with the item at the first place, or else the last one before it. */
  stretch(
    list: ListRow,
    after: number,
    to: number,
  ): { readonly before: Item | undefined; readonly items: readonly Item[] } {
    const before = this.#lastUpTo(list, after);
    const items: Item[] = [];
    let digest = before?.digest ?? seedOf(list);
    for (const row of this.#after.iterate(list.id, after)) {
      const item = storedIn(row);
      requireNext(digest, item);
      if (item.at > to) return { before, items };
      items.push(item);
      ({ digest } = item);
    }
    requireEnd(list, digest);
    return { before, items };
  }

  /** The first item after a place. */
  next(list: ListRow, place: number): Item | undefined {
    const digest = this.#lastUpTo(list, place)?.digest ?? seedOf(list);
    for (const row of this.#after.iterate(list.id, place)) {
      const item = storedIn(row);
      requireNext(digest, item);
      return item;
    }
    requireEnd(list, digest);
    return undefined;
  }

  /** The last item up to a place, checked by the one before it. That none follows it up to there is for its followers to prove, or the end of the list. */
  #lastUpTo(list: ListRow, place: number): StoredItem | undefined {
    // No list has anything before 0.
    if (place < 0) return undefined;
    let last: StoredItem | undefined;
    for (const row of this.#upTo.iterate(list.id, place)) {
      const item = storedIn(row);
      if (last !== undefined) {
        requireNext(item.digest, last);
        return last;
      }
      last = item;
    }
    if (last !== undefined) requireNext(seedOf(list), last);
    return last;
  }

  /** Nothing is missing between the last item up to a place, and the first one after it. */
  #requireNoneBetween(list: ListRow, { digest, place }: { digest: string; place: number }): void {
    for (const row of this.#after.iterate(list.id, place)) {
      requireNext(digest, storedIn(row));
      return;
    }
    requireEnd(list, digest);
  }

  #allBuckets(): ReadonlyMap<number, string> {
    if (this.#buckets !== undefined) return this.#buckets;
    const rows = this.#everyBucket.all();
    const all = new Map(rows.map((row) => [integerIn(row, 'number'), textIn(row, 'digest')]));
    if (rootOfBuckets(all) !== this.#root) throw new IndexDamaged('its buckets do not give its root');
    this.#buckets = all;
    return all;
  }
}

function storedIn(row: Parameters<typeof integerIn>[0]): StoredItem {
  return { at: integerIn(row, 'at'), body: textIn(row, 'body'), digest: textIn(row, 'digest') };
}

function requireNext(digest: string, item: StoredItem): void {
  if (digestAfter(digest, item) !== item.digest)
    throw new IndexDamaged(`item ${String(item.at)} of a list is not the one that was written`);
}

function requireEnd({ name, digest }: ListRow, last: string): void {
  if (last !== digest) throw new IndexDamaged(`the last items of ${name} are missing`);
}
