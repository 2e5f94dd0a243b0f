import { hash } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { canonicalBytes } from '../../../events/codec/canonical.ts';

/**
 * The floor: node:sqlite with the ledger's own pragmas, and one table of bytes. No conditions, no subjects, no tree, no
 * checks; what is committed is durable.
 */
export class RawStore {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#database.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
    this.#insert = this.#database.prepare('INSERT INTO entry (bytes) VALUES (?1)');
  }

  /** Each in a transaction of its own. */
  insertOneByOne(entries: readonly Uint8Array[]): void {
    for (const bytes of entries) {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#insert.run(bytes);
      this.#database.exec('COMMIT');
    }
  }

  /** All in one transaction; each is put into canonical bytes and hashed, as no ledger of this kind can do without. */
  insertBatch(values: readonly object[]): void {
    this.#database.exec('BEGIN IMMEDIATE');
    for (const value of values) {
      const bytes = canonicalBytes(value);
      hash('sha256', bytes, 'hex');
      this.#insert.run(bytes);
    }
    this.#database.exec('COMMIT');
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
