import type { Clock } from '../../runtime/clock.ts';
import type { IdSource } from '../../runtime/ids.ts';
import { DuplicateWithDifferentContent } from '../faults.ts';
import type { AppendRequest, AppendResult } from '../port.ts';
import { contentDigest, sealBatch, type SealedEntry } from '../seal.ts';
import { requireConditions } from '../conditions.ts';
import type { BatchExtent, StreamLog } from './stream-log.ts';

/** The entries of an append and their place; or the result of an earlier append with the same key. */
export type ProposedAppend =
  | { readonly kind: 'duplicate'; readonly result: AppendResult }
  | { readonly kind: 'new'; readonly entries: readonly SealedEntry[]; readonly result: AppendResult };

/** The first batch with an idempotency key: its place, and the digest of its content. */
export type KnownKey = BatchExtent & { readonly content: string };

/**
 * Batches that are to be written together at the end of the log. Each batch is decided as if those before it were
 * there.
 */
export class Proposal {
  /** The seq of the first entry of these batches. */
  readonly base: number;
  readonly #log: StreamLog;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #subjects: string[] = [];
  readonly #keys = new Map<string, KnownKey>();

  constructor(log: StreamLog, { clock, ids }: { clock: Clock; ids: IdSource }) {
    this.base = log.size;
    this.#log = log;
    this.#clock = clock;
    this.#ids = ids;
  }

  get size(): number {
    return this.base + this.#subjects.length;
  }

  /**
   * Decides on a request. `earlier` is the batch with its key in the log, if there is one. Throws Conflict,
   * DuplicateWithDifferentContent, EntryTooLarge, UnfitEntry, UnreadableEntry, a RangeError for an empty batch.
   */
  decide(request: AppendRequest, earlier: KnownKey | undefined): ProposedAppend {
    const { idempotencyKey: key, conditions = [] } = request;
    const known = earlier ?? (key === undefined ? undefined : this.#keys.get(key));
    if (key !== undefined && known !== undefined) {
      if (known.content !== contentDigest(request)) throw new DuplicateWithDifferentContent(key);
      return { kind: 'duplicate', result: { first: known.first, last: known.last, duplicate: true } };
    }
    requireConditions(conditions, { size: this.size, subjectAt: (seq) => this.#subjectAt(seq) });
    return this.#add(request);
  }

  #add(request: AppendRequest): ProposedAppend {
    const now = this.#clock.now();
    const recordedAt = now > this.#log.recordedAt ? now : this.#log.recordedAt;
    const first = this.size;
    const entries = sealBatch(request, { first, recordedAt, ids: this.#ids });
    this.#subjects.push(...entries.map(({ subject }) => subject));
    const last = this.size - 1;
    const { idempotencyKey: key } = request;
    if (key !== undefined) this.#keys.set(key, { first, last, content: contentDigest(request) });
    return { kind: 'new', entries, result: { first, last, duplicate: false } };
  }

  #subjectAt(seq: number): string | undefined {
    return seq < this.base ? this.#log.subjectAt(seq) : this.#subjects[seq - this.base];
  }
}
