import { readEnvelope, type StoredEntry } from '../../../events/codec/decode.ts';
import type { Envelope } from '../../../events/entry.ts';
import { Frontier } from '../merkle/frontier.ts';
import { leafHash } from '../merkle/hash.ts';
import type { Head } from '../port.ts';

/** Where a batch stands. */
export interface Extent {
  readonly first: number;
  readonly last: number;
}

/**
 * What a stream's entries come to, for whoever appends the next one: the tree, the time of the last entry, whom each
 * entry is about, and the idempotency keys. Entries of a batch count when it is complete; those of one that can no longer
 * be completed never do, though they stay leaves of the tree.
 */
export class StreamLog {
  readonly #tree = new Frontier({ size: 0, frontier: [] });
  readonly #keys = new Map<string, Extent>();
  /** By seq; undefined where an entry takes no effect. */
  readonly #subjects: (string | undefined)[] = [];
  #last: StoredEntry | undefined;
  #recordedAt = '';
  #unfinished: Envelope[] = [];

  /** Of the last entry; the empty text, which sorts before every instant, before the first. */
  get recordedAt(): string {
    return this.#recordedAt;
  }

  /** The last entry, whatever it is worth; undefined before the first. */
  get last(): StoredEntry | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#tree.size;
  }

  get head(): Head {
    return { size: this.#tree.size, root: this.#tree.root() };
  }

  /** How many entries are of batches that came to their end; the rest is of one that has not all of its entries yet. */
  get settledSize(): number {
    return this.size - this.#unfinished.length;
  }

  /**
   * Takes the next entry; one that it has already is passed over, since what was written may have been read meanwhile.
   * Throws UnreadableEntry; a RangeError for an entry that lies beyond the next one.
   */
  take(stored: StoredEntry): void {
    if (stored.seq < this.size) return;
    if (stored.seq > this.size)
      throw new RangeError(`entry ${String(this.size)} comes before ${String(stored.seq)}`);
    const envelope = readEnvelope(stored);
    const [open] = this.#unfinished;
    if (open !== undefined && open.batch.id !== envelope.batch.id) this.#unfinished = [];
    this.#tree.append(leafHash(stored.bytes));
    this.#last = stored;
    this.#recordedAt = envelope.recordedAt;
    this.#unfinished.push(envelope);
    if (this.#unfinished.length >= envelope.batch.count) this.#complete();
  }

  /** As take, for entries that stand one after the other from seq `first` on. */
  takeAll(entries: readonly Pick<StoredEntry, 'bytes'>[], first: number): void {
    for (const [index, { bytes }] of entries.entries()) this.take({ seq: first + index, bytes });
  }

  /** Where the batch with an idempotency key stands. */
  keyed(key: string): Extent | undefined {
    return this.#keys.get(key);
  }

  /** Whom an entry is about; undefined where it takes no effect, or there is none. */
  subjectAt(seq: number): string | undefined {
    return this.#subjects[seq];
  }

  #complete(): void {
    const first = this.size - this.#unfinished.length;
    for (const [index, { subject }] of this.#unfinished.entries()) this.#subjects[first + index] = subject;
    const [{ idempotencyKey } = {}] = this.#unfinished;
    if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, { first, last: this.size - 1 });
    this.#unfinished = [];
  }
}
