import type { Batch } from './batch-reader.ts';

/**
 * An instant of a ledger in a question: now, the end of the batch of an entry, or a time (UTC with milliseconds). A
 * time means the last batch recorded at or before it.
 */
export type Instant = { readonly kind: 'now' } | PastInstant;

/** An instant that names its place: it stays the same however the ledger grows. */
export type PastInstant =
  { readonly kind: 'seq'; readonly seq: number } | { readonly kind: 'time'; readonly instant: string };

/** True if a batch came after an instant, and so does not count there. */
export function isAfter(at: Instant, batch: Pick<Batch, 'first' | 'recordedAt'>): boolean {
  switch (at.kind) {
    case 'seq':
      return batch.first > at.seq;
    case 'time':
      return batch.recordedAt > at.instant;
    case 'now':
      return false;
  }
}

/**
 * The time at which a ledger is judged: now, but never before its last entry, even if this machine's clock is behind.
 * Both are UTC with milliseconds. Undefined means that there is no entry.
 */
export function judgedAt(now: string, recordedAt: string | undefined): string {
  return recordedAt !== undefined && recordedAt > now ? recordedAt : now;
}
