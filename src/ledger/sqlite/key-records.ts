import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Envelope } from '../../../events/entry.ts';
import { LedgerDamaged } from '../faults.ts';
import { contentDigestOf } from '../seal.ts';
import { bytesOf, integerOf, textOf } from './columns.ts';

/** An idempotency key with the content that it stands for, and the batch that was appended under it. */
export interface KeyRecord {
  readonly content: string;
  readonly first: number;
  readonly last: number;
}

/** The records of idempotency keys. Each follows from the entries of its batch, and is compared with them. */
export class KeyRecords {
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #all: StatementSync;
  readonly #entries: StatementSync;

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO idempotency_key (key, content, first, last) VALUES (?1, ?2, ?3, ?4)',
    );
    this.#select = database.prepare('SELECT key, content, first, last FROM idempotency_key WHERE key = ?1');
    this.#all = database.prepare('SELECT key, content, first, last FROM idempotency_key ORDER BY first');
    this.#entries = database.prepare('SELECT seq, bytes FROM entry WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq');
  }

  add(key: string, { content, first, last }: KeyRecord): void {
    this.#insert.run(key, content, first, last);
  }

  /** Undefined for a key that was not used yet. Throws LedgerDamaged if the record is not what its entries say. */
  of(key: string): KeyRecord | undefined {
    const row = this.#select.get(key);
    return row && this.#checked(row);
  }

  /** Throws LedgerDamaged at the first record that is not what its entries say. */
  requireAll(): void {
    for (const row of this.#all.iterate()) this.#checked(row);
  }

  #checked(row: Record<string, SQLOutputValue>): KeyRecord {
    const key = textOf(row, 'key');
    const [content, first, last] = [textOf(row, 'content'), integerOf(row, 'first'), integerOf(row, 'last')];
    const batch = this.#batch(first, last);
    if (isWhole(batch, key) && batch.length === last - first + 1 && contentDigestOf(batch) === content)
      return { content, first, last };
    throw new LedgerDamaged(
      `the record of the idempotency key ${key} is not what entries ${String(first)} to ${String(last)} say`,
    );
  }

  #batch(first: number, last: number): Envelope[] {
    const rows = this.#entries.all(first, last);
    return rows.map((row) => readEnvelope({ seq: integerOf(row, 'seq'), bytes: bytesOf(row, 'bytes') }));
  }
}

/** True if entries are one batch from its first to its last, and were appended under the key. */
function isWhole(entries: readonly Envelope[], key: string): boolean {
  return (
    entries.length > 0 &&
    entries.every(
      ({ batch, idempotencyKey }, index) =>
        idempotencyKey === key &&
        batch.id === entries[0]?.batch.id &&
        batch.index === index &&
        batch.count === entries.length,
    )
  );
}
