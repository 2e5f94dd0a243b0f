import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { DuplicateWithDifferentContent } from '../faults.ts';
import { leafHash } from '../merkle/hash.ts';
import type { AppendRequest, AppendResult, Condition } from '../port.ts';
import { contentDigest, sealBatch } from '../seal.ts';
import { integerOf, textOf } from './columns.ts';
import { Conditions } from './conditions.ts';
import { HeadRow } from './head.ts';

/** What an append came to, and the ids of the entries that it wrote (none for a duplicate). */
export interface Appended {
  readonly result: AppendResult;
  readonly ids: readonly string[];
}

/**
 * Appends batches within a write transaction that the caller has begun. Everything that it decides on (head, keys,
 * conditions, frontier) is read inside of it, since other processes append to the same file.
 */
export class Appender {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #head: HeadRow;
  readonly #conditions: Conditions;
  readonly #insertEntry: StatementSync;
  readonly #insertKey: StatementSync;
  readonly #selectKey: StatementSync;

  constructor(database: DatabaseSync, { clock, ids }: { readonly clock: Clock; readonly ids: IdSource }) {
    this.#clock = clock;
    this.#ids = ids;
    this.#head = new HeadRow(database);
    this.#conditions = new Conditions(database);
    this.#insertEntry = database.prepare('INSERT INTO entry (seq, subject, bytes) VALUES (?1, ?2, ?3)');
    this.#insertKey = database.prepare(
      'INSERT INTO idempotency_key (key, content, first, last) VALUES (?1, ?2, ?3, ?4)',
    );
    this.#selectKey = database.prepare('SELECT content, first, last FROM idempotency_key WHERE key = ?1');
  }

  /**
   * Throws Conflict, DuplicateWithDifferentContent, EntryTooLarge, a RangeError for an empty batch; what was written
   * until then is the caller's to undo.
   */
  append(request: AppendRequest): Appended {
    const { idempotencyKey: key, conditions = [] } = request;
    if (key === undefined) return this.#appendNew(request, conditions);
    const content = contentDigest(request);
    const earlier = this.#earlier(key, content);
    if (earlier !== undefined) return { result: earlier, ids: [] };
    const appended = this.#appendNew(request, conditions);
    this.#insertKey.run(key, content, appended.result.first, appended.result.last);
    return appended;
  }

  #earlier(key: string, content: string): AppendResult | undefined {
    const row = this.#selectKey.get(key);
    if (row === undefined) return undefined;
    if (textOf(row, 'content') !== content) throw new DuplicateWithDifferentContent(key);
    return { first: integerOf(row, 'first'), last: integerOf(row, 'last'), duplicate: true };
  }

  #appendNew(request: AppendRequest, conditions: readonly Condition[]): Appended {
    const { tree, recordedAt: previous } = this.#head.read();
    const first = tree.size;
    this.#conditions.require(conditions, first);
    const now = this.#clock.now();
    const recordedAt = now > previous ? now : previous;
    const entries = sealBatch(request, { first, recordedAt, ids: this.#ids });
    for (const { subject, bytes } of entries) {
      this.#insertEntry.run(tree.size, subject, bytes);
      tree.append(leafHash(bytes));
    }
    this.#head.write({ tree, recordedAt });
    return {
      result: { first, last: tree.size - 1, duplicate: false },
      ids: entries.map(({ id }) => id),
    };
  }
}
