import { canonicalBytes, digestOf } from '../../events/codec/canonical.ts';
import { isEnvelope, readEnvelope } from '../../events/codec/decode.ts';
import { UnreadableEntry } from '../../events/codec/unreadable-entry.ts';
import type { EventDraft } from '../../events/draft.ts';
import { entryBytesMax, type Envelope, type StoredEntry } from '../../events/entry.ts';
import { plainText } from '../../events/codec/plain-text.ts';
import type { IdSource } from '../runtime/ids.ts';
import { EntryTooLarge, UnfitEntry } from './faults.ts';
import type { AppendRequest } from './port.ts';

/** An entry ready to be appended: its subject, its id, and the exact bytes that are stored and hashed. */
export interface SealedEntry {
  readonly id: string;
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** The place and time of a batch: its first seq, and the instant of all its entries. */
interface Placement {
  readonly first: number;
  readonly recordedAt: string;
}

/**
 * Turns a request into the entries of one batch. Throws EntryTooLarge; a RangeError for an empty batch;
 * UnfitEntry for an entry that no reader would take (a subject or actor against the envelope's schema), since an
 * entry stays for ever.
 */
export function sealBatch(
  request: AppendRequest,
  { first, recordedAt, ids }: Placement & { readonly ids: IdSource },
): readonly SealedEntry[] {
  const { events, idempotencyKey, actor, reason, source, correlation, causation } = request;
  if (events.length === 0) throw new RangeError('a batch holds at least one event');
  const batchId = ids(recordedAt);
  return events.map((event, index) => {
    const { data, effectiveAt, schemaVersion, subject, tenant, type, ...others } = event;
    const id = ids(recordedAt);
    // In the order of the canonical bytes, which saves sorting. Undefined members have no place there.
    const content = {
      actor,
      batch: { count: events.length, id: batchId, index },
      causation,
      correlation,
      data,
      effectiveAt,
      id,
      idempotencyKey,
      reason,
      recordedAt,
      schemaVersion,
      source,
      subject,
      tenant,
      type,
      v: 1,
      ...others,
    };
    return { id, subject, bytes: bytesOf(content, { event, seq: first + index }) };
  });
}

function bytesOf(content: object, { event, seq }: { event: EventDraft; seq: number }): Uint8Array {
  const text = plainText(content);
  const bytes = text === undefined ? canonicalBytes(content) : Buffer.from(text);
  requireSize(event, bytes.length);
  // Plain JSON reads back as it was. Anything else, and any wrong envelope, is read back as it is written.
  if (text === undefined || !isEnvelope(content)) requireReadable(event, { seq, bytes });
  return bytes;
}

function requireReadable(event: EventDraft, stored: StoredEntry): void {
  try {
    readEnvelope(stored);
  } catch (error) {
    throw error instanceof UnreadableEntry ? new UnfitEntry(event, error) : error;
  }
}

/**
 * The digest of the content that an idempotency key stands for: all that the caller said, without the ledger's own
 * additions (id, time, batch). Conditions are not part of it: they say when to append, and not which content.
 */
export function contentDigest(request: AppendRequest): string {
  return digestOf({ events: request.events, ...surroundings(request) });
}

/** The same digest, for the entries of a batch that was appended. */
export function contentDigestOf(batch: readonly Envelope[]): string {
  const events = batch.map(({ subject, type, schemaVersion, tenant, effectiveAt, data }) => ({
    ...{ subject, type, schemaVersion, tenant, effectiveAt, data },
  }));
  const [first] = batch;
  return digestOf({ events, ...(first === undefined ? {} : surroundings(first)) });
}

type Surroundings = Pick<Envelope, 'actor' | 'reason' | 'source' | 'correlation' | 'causation'>;

function surroundings({ actor, reason, source, correlation, causation }: Surroundings): object {
  return { actor, reason, source, correlation, causation };
}

function requireSize({ subject, type }: { subject: string; type: string }, bytes: number): void {
  if (bytes > entryBytesMax) throw new EntryTooLarge({ subject, type, bytes, bytesMax: entryBytesMax });
}
