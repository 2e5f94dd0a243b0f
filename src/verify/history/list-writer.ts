import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  bucketOf,
  digestAfter,
  digestOfBucket,
  rootOfBuckets,
  seedOf,
  type Item,
  type ListReader,
  type ListRow,
} from './digested-lists.ts';
import { integerIn, textIn } from './rows.ts';

interface GrowingList {
  readonly id: number;
  readonly bucket: number;
  digest: string;
}

/** Makes lists, in an open transaction of a database that is empty, or a copy of what a reader reads. */
export class ListWriter {
  readonly #database: DatabaseSync;
  readonly #insertList: StatementSync;
  readonly #insertItem: StatementSync;
  readonly #lists = new Map<string, GrowingList>();
  readonly #former: ListReader | undefined;
  #count: number;

  constructor(database: DatabaseSync, former?: ListReader) {
    this.#database = database;
    this.#former = former;
    const most = database.prepare('SELECT coalesce(max(id), 0) AS id FROM list').get() ?? {};
    this.#count = integerIn(most, 'id');
    this.#insertList = database.prepare('INSERT INTO list (id, name, bucket, digest) VALUES (?, ?, ?, ?)');
    this.#insertItem = database.prepare('INSERT INTO item (list, at, body, digest) VALUES (?, ?, ?, ?)');
  }

  /** Adds an item behind all others of a list; a list begins with its first item. */
  append({ name, home }: { readonly name: string; readonly home: string }, item: Item): void {
    const list = this.#lists.get(name) ?? this.#formerList(name, home) ?? this.#begin(name, home);
    const digest = digestAfter(list.digest, item);
    this.#insertItem.run(list.id, item.at, item.body, digest);
    list.digest = digest;
  }

  /** Writes down how each list ends, and gives the root of all of them. */
  finish(): string {
    const end = this.#database.prepare('UPDATE list SET digest = ? WHERE id = ?');
    for (const { id, digest } of this.#lists.values()) end.run(digest, id);
    const put = this.#database.prepare('INSERT OR REPLACE INTO bucket (number, digest) VALUES (?, ?)');
    const touched = new Set(Array.from(this.#lists.values(), ({ bucket }) => bucket));
    for (const bucket of touched) put.run(bucket, digestOfBucket(this.#inBucket(bucket)));
    const all = this.#database.prepare('SELECT number, digest FROM bucket ORDER BY number').all();
    return rootOfBuckets(all.map((row) => [integerIn(row, 'number'), textIn(row, 'digest')]));
  }

  #formerList(name: string, home: string): GrowingList | undefined {
    const found = this.#former?.list(name, home);
    if (found === undefined) return undefined;
    const list = { id: found.id, bucket: bucketOf(home), digest: found.digest };
    this.#lists.set(name, list);
    return list;
  }

  #begin(name: string, home: string): GrowingList {
    this.#count += 1;
    const id = this.#count;
    const bucket = bucketOf(home);
    const list = { id, bucket, digest: seedOf({ id, name }) };
    this.#insertList.run(id, name, bucket, list.digest);
    this.#lists.set(name, list);
    return list;
  }

  #inBucket(number: number): ListRow[] {
    return this.#database
      .prepare('SELECT id, name, digest FROM list WHERE bucket = ? ORDER BY name')
      .all(number)
      .map((row) => ({ id: integerIn(row, 'id'), name: textIn(row, 'name'), digest: textIn(row, 'digest') }));
  }
}
