import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Envelope } from '../../../events/entry.ts';
import { leafHash } from '../merkle/hash.ts';
import { LedgerDamaged } from '../faults.ts';
import { bytesOf, textOf } from './columns.ts';
import { HeadReader, type StoredHead } from './head.ts';

/** An entry to be added. Conditions and filters find it by its subject; '' for an entry without effect. */
interface TailEntry {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly recordedAt: string;
}

/** The end of the ledger in a write transaction, where entries are added. */
export class Tail {
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insert: StatementSync;
  readonly #note: StatementSync;
  readonly #selectSubject: StatementSync;
  readonly #selectBytes: StatementSync;
  readonly #heads: HeadReader;
  /** The head after the last commit of this process. Other processes may have appended since. */
  #kept: StoredHead | undefined;
  #head: StoredHead | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#insert = database.prepare(
      'INSERT INTO entry (seq, subject, subtree, bytes) VALUES (?1, ?2, ?3, ?4)',
    );
    this.#note = database.prepare('UPDATE head SET size = ?1 WHERE size < ?1');
    this.#selectSubject = database.prepare('SELECT subject, bytes FROM entry WHERE seq = ?1');
    this.#selectBytes = database.prepare('SELECT bytes FROM entry WHERE seq = ?1');
    this.#heads = new HeadReader(database);
  }

  /** Begins a write transaction. Throws LedgerDamaged, UnreadableEntry, and the errors of SQLite. */
  begin(): void {
    const known = this.#kept;
    this.#kept = undefined;
    this.#begin.run();
    this.#head = known?.tree.size === this.#heads.soundSize() ? known : this.#heads.read();
  }

  get size(): number {
    return this.#current().tree.size;
  }

  /** The time of the last entry, '' for none. */
  get recordedAt(): string {
    return this.#current().recordedAt;
  }

  /**
   * The subject that the entry at a seq is filed under; '' if its batch is void. Throws LedgerDamaged if there is no
   * such entry, or if its own bytes say otherwise.
   */
  subjectAt(seq: number): string {
    const row = this.#selectSubject.get(seq);
    const subject = textOf(row, 'subject');
    const envelope = readEnvelope({ seq, bytes: bytesOf(row, 'bytes') });
    const isRight = subject === '' ? !this.#isComplete(seq, envelope) : subject === envelope.subject;
    if (isRight) return subject;
    throw new LedgerDamaged(`entry ${String(seq)} is filed under a subject that is not its own`);
  }

  /** True if the last entry of a batch is in its place. */
  #isComplete(seq: number, { batch }: Envelope): boolean {
    const last = seq - batch.index + batch.count - 1;
    const row = this.#selectBytes.get(last);
    return (
      row !== undefined && readEnvelope({ seq: last, bytes: bytesOf(row, 'bytes') }).batch.id === batch.id
    );
  }

  add({ subject, bytes, recordedAt }: TailEntry): void {
    const head = this.#current();
    const seq = head.tree.size;
    const subtree = head.tree.append(leafHash(bytes));
    head.recordedAt = recordedAt;
    this.#insert.run(seq, subject, Buffer.from(subtree, 'hex'), bytes);
  }

  /**
   * Makes the added entries durable, and notes their number with them, so that a ledger shows the loss of its last ones. The
   * head stays known, and is right until another process appends.
   */
  commit(): void {
    this.#note.run(this.size);
    this.#commit.run();
    this.#kept = this.#head;
  }

  /** Undoes the added entries, if a transaction is open. Why they are undone says more than that this failed as well. */
  rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // Nothing was committed. What comes next finds the transaction open, and fails.
    }
  }

  #current(): StoredHead {
    if (this.#head === undefined) throw new Error('no transaction was begun');
    return this.#head;
  }
}
