import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { DuplicateWithDifferentContent } from '../faults.ts';
import { leafHash } from '../merkle/hash.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import { contentDigest, sealBatch, type SealedEntry } from '../seal.ts';
import { integerOf, textOf } from './columns.ts';
import { Conditions } from './conditions.ts';
import { HeadRow, type StoredHead } from './head.ts';

/** What an append came to, and the ids of the entries that it wrote (none for a duplicate). */
export interface Appended {
  readonly result: AppendResult;
  readonly ids: readonly string[];
}

/** What an append is to write: its entries, and the idempotency key that it came with. Or that there is nothing to do. */
export type Decided =
  | { readonly kind: 'duplicate'; readonly result: AppendResult }
  | {
      readonly kind: 'new';
      readonly entries: readonly SealedEntry[];
      readonly recordedAt: string;
      readonly key: { readonly name: string; readonly content: string } | undefined;
    };

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

  /** Where the ledger ends as the transaction begins. Throws LedgerDamaged. */
  begin(): StoredHead {
    return this.#head.read();
  }

  /**
   * Whether a request can be appended at the head, and as what; it writes nothing, so that a refusal leaves nothing to
   * undo. Throws Conflict, DuplicateWithDifferentContent, EntryTooLarge, UnreadableEntry, a RangeError for an empty batch.
   */
  decide(request: AppendRequest, { tree, recordedAt: previous }: StoredHead): Decided {
    const { idempotencyKey, conditions = [] } = request;
    const key =
      idempotencyKey === undefined ? undefined : { name: idempotencyKey, content: contentDigest(request) };
    const earlier = key && this.#earlier(key);
    if (earlier !== undefined) return { kind: 'duplicate', result: earlier };
    this.#conditions.require(conditions, tree.size);
    const now = this.#clock.now();
    const recordedAt = now > previous ? now : previous;
    const entries = sealBatch(request, { first: tree.size, recordedAt, ids: this.#ids });
    return { kind: 'new', entries, recordedAt, key };
  }

  /** Writes what was decided on at this head, which moves on. Fails only as the store does. */
  write(decided: Decided, head: StoredHead): Appended {
    if (decided.kind === 'duplicate') return { result: decided.result, ids: [] };
    const { entries, recordedAt, key } = decided;
    const { tree } = head;
    const first = tree.size;
    for (const { subject, bytes } of entries) {
      this.#insertEntry.run(tree.size, subject, bytes);
      tree.append(leafHash(bytes));
    }
    const last = tree.size - 1;
    if (key !== undefined) this.#insertKey.run(key.name, key.content, first, last);
    head.recordedAt = recordedAt;
    return { result: { first, last, duplicate: false }, ids: entries.map(({ id }) => id) };
  }

  /** Keeps the head that the transaction came to. */
  finish(head: StoredHead): void {
    this.#head.write(head);
  }

  #earlier({ name, content }: { name: string; content: string }): AppendResult | undefined {
    const row = this.#selectKey.get(name);
    if (row === undefined) return undefined;
    if (textOf(row, 'content') !== content) throw new DuplicateWithDifferentContent(name);
    return { first: integerOf(row, 'first'), last: integerOf(row, 'last'), duplicate: true };
  }
}
