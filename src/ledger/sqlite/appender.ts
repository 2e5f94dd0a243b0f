import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { requireConditions } from '../conditions.ts';
import { DuplicateWithDifferentContent } from '../faults.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import { contentDigest, sealBatch, type SealedEntry } from '../seal.ts';
import { KeyRecords } from './key-records.ts';
import type { Tail } from './tail.ts';

/** The result of an append, and the ids of the entries that it wrote (none for a duplicate). */
export interface Appended {
  readonly result: AppendResult;
  readonly ids: readonly string[];
}

/**
 * An append that is to be written, with its entries and idempotency key; or the result of an earlier append with that
 * key.
 */
export type DecidedAppend =
  | { readonly kind: 'duplicate'; readonly result: AppendResult }
  | {
      readonly kind: 'new';
      readonly entries: readonly SealedEntry[];
      readonly recordedAt: string;
      readonly key: { readonly name: string; readonly content: string } | undefined;
    };

interface AppenderParts {
  readonly tail: Tail;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/**
 * Appends batches to the tail, within a write transaction that the caller has begun. Other processes append to the
 * same file, so head, keys, conditions and frontier are read inside the transaction.
 */
export class BatchAppender {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #tail: Tail;
  readonly #keys: KeyRecords;

  constructor(database: DatabaseSync, { tail, clock, ids }: AppenderParts) {
    this.#clock = clock;
    this.#ids = ids;
    this.#tail = tail;
    this.#keys = new KeyRecords(database);
  }

  /**
   * Judges a request at the tail, and makes its entries. Writes nothing, so that a refusal leaves nothing to undo.
   * Throws Conflict, DuplicateWithDifferentContent, LedgerDamaged, EntryTooLarge, UnfitEntry, UnreadableEntry, a RangeError for an empty batch.
   */
  decide(request: AppendRequest): DecidedAppend {
    const { idempotencyKey, conditions = [] } = request;
    const key =
      idempotencyKey === undefined ? undefined : { name: idempotencyKey, content: contentDigest(request) };
    const earlier = key && this.#earlier(key);
    if (earlier !== undefined) return { kind: 'duplicate', result: earlier };
    const { size, recordedAt: previous } = this.#tail;
    requireConditions(conditions, { size, subjectAt: (seq) => this.#tail.subjectAt(seq) });
    const now = this.#clock.now();
    const recordedAt = now > previous ? now : previous;
    const entries = sealBatch(request, { first: size, recordedAt, ids: this.#ids });
    return { kind: 'new', entries, recordedAt, key };
  }

  /** Adds the entries of a decision to the tail. Throws only errors of the store. */
  write(decided: DecidedAppend): Appended {
    if (decided.kind === 'duplicate') return { result: decided.result, ids: [] };
    const { entries, recordedAt, key } = decided;
    const first = this.#tail.size;
    for (const { subject, bytes } of entries) this.#tail.add({ subject, bytes, recordedAt });
    const last = this.#tail.size - 1;
    if (key !== undefined) this.#keys.add(key.name, { content: key.content, first, last });
    return { result: { first, last, duplicate: false }, ids: entries.map(({ id }) => id) };
  }

  #earlier({ name, content }: { name: string; content: string }): AppendResult | undefined {
    const record = this.#keys.of(name);
    if (record === undefined) return undefined;
    if (record.content !== content) throw new DuplicateWithDifferentContent(name);
    return { first: record.first, last: record.last, duplicate: true };
  }
}
