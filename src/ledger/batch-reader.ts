import { decodeEntry, readEnvelope, UnreadableEntry } from '../../events/codec/decode.ts';
import type { Entry, StoredEntry } from '../../events/codec/decode.ts';
import type { Envelope } from '../../events/entry.ts';
import { LedgerDamaged } from './faults.ts';

/** Entries that were appended together: one instant, and the smallest thing that anyone may act on. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly first: number;
  readonly last: number;
  readonly recordedAt: string;
}

interface BatchReaderOptions {
  readonly onBatch: (batch: Batch) => void;
  /** The first and last seq of a batch that can no longer be completed. */
  readonly onVoid: (first: number, last: number) => void;
  /** The leaf hashes of each batch that came to its end, complete or void, in order. */
  readonly onSettled: (leaves: readonly string[]) => void;
}

/** An entry of a batch that is still being read. What cannot be decoded matters only once the batch is complete. */
interface Reading {
  readonly seq: number;
  readonly leaf: string;
  readonly batch: Envelope['batch'];
  readonly recordedAt: string;
  readonly decoded: Entry | UnreadableEntry;
}

/** Puts entries, taken one by one in seq order, together into batches; throws LedgerDamaged where they do not fit. */
export class BatchReader {
  readonly #options: BatchReaderOptions;
  #unfinished: Reading[] = [];
  #recordedAt = '';

  constructor(options: BatchReaderOptions) {
    this.#options = options;
  }

  /** Notes the time of an entry that was read before: the ones to come must not fall behind it. */
  follow(stored: StoredEntry): void {
    this.#recordedAt = readEnvelope(stored).recordedAt;
  }

  /** Throws UnreadableEntry for an envelope that cannot be read, and for the data of one when it completes its batch. */
  take(stored: StoredEntry, leaf: string): void {
    const reading = { ...read(stored), seq: stored.seq, leaf };
    if (reading.recordedAt < this.#recordedAt) {
      throw new LedgerDamaged(
        `entry ${String(stored.seq)} is of ${reading.recordedAt}, the one before it of ${this.#recordedAt}`,
      );
    }
    this.#recordedAt = reading.recordedAt;
    const first = this.#unfinished.at(0);
    if (first !== undefined && first.batch.id !== reading.batch.id)
      this.#declareVoid(first.seq, stored.seq - 1);
    requirePlace(reading, this.#unfinished);
    this.#unfinished.push(reading);
    if (this.#unfinished.length === reading.batch.count) this.#complete(reading);
  }

  /** The leaf hashes of the batch at the end that lacks entries so far. */
  pendingLeaves(): readonly string[] {
    return this.#unfinished.map(({ leaf }) => leaf);
  }

  #declareVoid(first: number, last: number): void {
    this.#options.onVoid(first, last);
    this.#settle();
  }

  #complete({ seq, batch, recordedAt }: Reading): void {
    const entries = this.#unfinished.map(({ decoded }) => {
      if (decoded instanceof UnreadableEntry) throw decoded;
      return decoded;
    });
    this.#options.onBatch({ entries, first: seq - batch.count + 1, last: seq, recordedAt });
    this.#settle();
  }

  #settle(): void {
    this.#options.onSettled(this.pendingLeaves());
    this.#unfinished = [];
  }
}

function read(stored: StoredEntry): Pick<Reading, 'batch' | 'recordedAt' | 'decoded'> {
  try {
    const entry = decodeEntry(stored);
    return { batch: entry.batch, recordedAt: entry.recordedAt, decoded: entry };
  } catch (error) {
    if (!(error instanceof UnreadableEntry)) throw error;
    const { batch, recordedAt } = readEnvelope(stored);
    return { batch, recordedAt, decoded: error };
  }
}

/** Within a batch, `index` counts up from 0 and `count` stays the same. */
function requirePlace(reading: Reading, before: readonly Reading[]): void {
  const { index, count } = reading.batch;
  const expected = before.at(0)?.batch.count ?? count;
  if (index === before.length && index < count && count === expected) return;
  throw new LedgerDamaged(
    `entry ${String(reading.seq)} is number ${String(index)} of ${String(count)} in its batch, after ${String(before.length)} of ${String(expected)}`,
  );
}
