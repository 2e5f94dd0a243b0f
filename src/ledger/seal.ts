import { canonicalBytes, digestOf } from '../../events/codec/canonical.ts';
import { isEnvelope, readEnvelope } from '../../events/codec/decode.ts';
import type { EventDraft } from '../../events/draft.ts';
import { entryBytesMax, type Envelope } from '../../events/entry.ts';
import { plainText } from '../../events/codec/plain-text.ts';
import type { IdSource } from '../runtime/ids.ts';
import { EntryTooLarge } from './faults.ts';
import type { AppendRequest } from './port.ts';

/** An entry ready to be appended: what it is about, its id, and the exact bytes that are stored and hashed. */
export interface SealedEntry {
  readonly id: string;
  readonly subject: string;
  readonly bytes: Uint8Array;
}

/** Where and when a batch lands: its first seq, and the instant of all its entries. */
interface Placement {
  readonly first: number;
  readonly recordedAt: string;
}

/**
 * Turns a request into the entries of one batch. Throws EntryTooLarge; a RangeError for an empty batch; UnreadableEntry
 * for what no reader would take (a subject or actor against the envelope's schema), since an entry stays for ever.
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
    // In the order of the canonical bytes, which spares sorting. Members that are undefined have no place there.
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
  // Plain JSON reads back as what it is; anything else, and whatever is not as it should be, is read as it is written.
  if (text === undefined || !isEnvelope(content)) readEnvelope({ seq, bytes });
  return bytes;
}

/**
 * What an idempotency key stands for: everything that the caller said, without what the ledger adds (id, time, batch).
 * Conditions are not part of it: they say when to append, not what.
 */
export function contentDigest(request: AppendRequest): string {
  return digestOf({ events: request.events, ...surroundings(request) });
}

/** The same of the entries of a batch that was appended. */
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
