import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Envelope, StoredEntry } from '../../../events/entry.ts';
import { BatchAssembler, type Settled } from '../batches.ts';
import { Frontier } from '../merkle/frontier.ts';
import { leafHash } from '../merkle/hash.ts';
import type { Head } from '../port.ts';

/** The seqs of a batch. */
export interface BatchExtent {
  readonly first: number;
  readonly last: number;
}

/**
 * The state that an append needs, folded from a stream's entries: the tree, the time of the last entry, the subject
 * of each entry, and the idempotency keys. Entries count when their batch is complete. Entries of a void batch never
 * count, but stay leaves of the tree.
 */
export class StreamLog {
  readonly #tree = new Frontier({ size: 0, frontier: [] });
  readonly #keys = new Map<string, BatchExtent>();
  /** By seq; undefined for an entry without effect. */
  readonly #subjects: (string | undefined)[] = [];
  #last: StoredEntry | undefined;
  #recordedAt = '';
  readonly #batches = new BatchAssembler<Envelope & { readonly seq: number }>();

  /** The time of the last entry. Before the first entry it is the empty text, which sorts before every instant. */
  get recordedAt(): string {
    return this.#recordedAt;
  }

  /** The last entry, with or without effect; undefined before the first. */
  get last(): StoredEntry | undefined {
    return this.#last;
  }

  get size(): number {
    return this.#tree.size;
  }

  get head(): Head {
    return { size: this.#tree.size, root: this.#tree.root() };
  }

  /** The number of entries whose batch is complete or void. The others belong to a batch that lacks entries yet. */
  get settledSize(): number {
    return this.size - this.#batches.unfinished.length;
  }

  /**
   * Takes the next entry. A known entry is passed over, since a written entry may have been read meanwhile. Throws
   * UnreadableEntry; a RangeError for an entry that lies beyond the next one.
   */
  take(stored: StoredEntry): void {
    if (stored.seq < this.size) return;
    if (stored.seq > this.size)
      throw new RangeError(`entry ${String(this.size)} comes before ${String(stored.seq)}`);
    const envelope = readEnvelope(stored);
    this.#tree.append(leafHash(stored.bytes));
    this.#last = stored;
    this.#recordedAt = envelope.recordedAt;
    for (const settled of this.#batches.take({ ...envelope, seq: stored.seq }))
      if (!settled.isVoid) this.#complete(settled);
  }

  /** As take, for entries one after the other from seq `first` on. */
  takeAll(entries: readonly Pick<StoredEntry, 'bytes'>[], first: number): void {
    for (const [index, { bytes }] of entries.entries()) this.take({ seq: first + index, bytes });
  }

  /** The seqs of the batch with an idempotency key. */
  keyed(key: string): BatchExtent | undefined {
    return this.#keys.get(key);
  }

  /** The subject of an entry; undefined if it takes no effect, or is not there. */
  subjectAt(seq: number): string | undefined {
    return this.#subjects[seq];
  }

  #complete({ items, first, last }: Settled<Envelope>): void {
    for (const [index, { subject }] of items.entries()) this.#subjects[first + index] = subject;
    const [{ idempotencyKey } = {}] = items;
    if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, { first, last });
  }
}
