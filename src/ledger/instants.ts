import type { Batch } from './batch-reader.ts';

/**
 * An instant of a ledger, as somebody asks about it: now, the end of the batch that holds an entry, or a time (UTC with
 * milliseconds). A time means the last batch recorded at or before it.
 */
export type Instant = { readonly kind: 'now' } | PastInstant;

/** An instant that names its place: it stays the same however the ledger grows. */
export type PastInstant =
  { readonly kind: 'seq'; readonly seq: number } | { readonly kind: 'time'; readonly instant: string };

/** Whether a batch came after an instant, and so does not count there. */
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
 * The time at which a ledger is judged: now, and never before its last entry was recorded, even if this machine's clock is
 * behind. Both are UTC with milliseconds; no entry is undefined.
 */
export function judgedAt(now: string, recordedAt: string | undefined): string {
  return recordedAt !== undefined && recordedAt > now ? recordedAt : now;
}
