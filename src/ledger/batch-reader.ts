import { decodeEntry, readEnvelope } from '../../events/codec/decode.ts';
import { UnreadableEntry } from '../../events/codec/unreadable-entry.ts';
import type { Entry, Envelope, StoredEntry } from '../../events/entry.ts';
import { BatchAssembler, type Settled } from './batches.ts';
import { LedgerDamaged } from './faults.ts';

/** Entries that were appended together: one instant, and the smallest unit that anyone may act on. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly first: number;
  readonly last: number;
  readonly recordedAt: string;
  /** The length of its entries as they are stored. */
  readonly bytes: number;
}

interface BatchReaderOptions {
  readonly onBatch: (batch: Batch) => void;
  /** The first and last seq of a batch that can no longer be completed. */
  readonly onVoid: (first: number, last: number) => void;
  /** The leaf hashes of each batch that came to its end, complete or void, in order. */
  readonly onSettled: (leaves: readonly string[]) => void;
}

/**
 * An entry of a batch that is still being read. An entry that cannot be decoded matters only once its batch is
 * complete.
 */
interface ReadEntry {
  readonly seq: number;
  readonly leaf: string;
  readonly batch: Envelope['batch'];
  readonly recordedAt: string;
  readonly bytes: number;
  readonly decoded: Entry | UnreadableEntry;
}

/** Puts entries, taken one by one in seq order, together into batches. Throws LedgerDamaged if they do not fit. */
export class BatchReader {
  readonly #options: BatchReaderOptions;
  readonly #batches = new BatchAssembler<ReadEntry>();
  #recordedAt = '';

  constructor(options: BatchReaderOptions) {
    this.#options = options;
  }

  /** Notes the time of an entry that was read before: later entries must not be older. */
  follow(stored: StoredEntry): void {
    this.#recordedAt = readEnvelope(stored).recordedAt;
  }

  /**
   * Takes the next entry. Throws UnreadableEntry for an envelope that cannot be read; for data that cannot be read,
   * when the batch is complete.
   */
  take(stored: StoredEntry, leaf: string): void {
    const reading = { ...read(stored), seq: stored.seq, leaf, bytes: stored.bytes.length };
    if (reading.recordedAt < this.#recordedAt) {
      throw new LedgerDamaged(
        `entry ${String(stored.seq)} is of ${reading.recordedAt}, the one before it of ${this.#recordedAt}`,
      );
    }
    this.#recordedAt = reading.recordedAt;
    requirePlace(reading, this.#batches.before(reading));
    for (const settled of this.#batches.take(reading)) {
      if (settled.isVoid) this.#options.onVoid(settled.first, settled.last);
      else this.#options.onBatch(decodedBatch(settled, reading.recordedAt));
      this.#options.onSettled(leavesOf(settled.items));
    }
  }

  /** The leaf hashes of the batch at the end that is not complete yet. */
  pendingLeaves(): readonly string[] {
    return leavesOf(this.#batches.unfinished);
  }
}

function decodedBatch({ items, first, last }: Settled<ReadEntry>, recordedAt: string): Batch {
  const entries = items.map(({ decoded }) => {
    if (decoded instanceof UnreadableEntry) throw decoded;
    return decoded;
  });
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return { entries, first, last, recordedAt, bytes };
}

function leavesOf(readings: readonly ReadEntry[]): string[] {
  return readings.map(({ leaf }) => leaf);
}

function read(stored: StoredEntry): Pick<ReadEntry, 'batch' | 'recordedAt' | 'decoded'> {
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
function requirePlace(reading: ReadEntry, before: readonly ReadEntry[]): void {
  const { index, count } = reading.batch;
  const expected = before.at(0)?.batch.count ?? count;
  if (index === before.length && index < count && count === expected) return;
  throw new LedgerDamaged(
    `entry ${String(reading.seq)} is number ${String(index)} of ${String(count)} in its batch, after ${String(before.length)} of ${String(expected)}`,
  );
}
