import { decodeEntry, type StoredEntry } from '../../../events/decode.ts';

/**
 * An entry as a CloudEvent 1.0 in JSON (structured mode). `source` and `id` together are unique; `sequence` is the
 * entry's seq, gapless, so that a consumer sees any hole. Throws UnreadableEntry.
 */
export function toCloudEvent(ledgerId: string, stored: StoredEntry): object {
  const entry = decodeEntry(stored);
  return {
    specversion: '1.0',
    id: entry.id,
    source: `urn:isoledger:${ledgerId}`,
    type: `isoledger.${entry.type}.v${String(entry.schemaVersion)}`,
    subject: entry.subject,
    time: entry.recordedAt,
    datacontenttype: 'application/json',
    sequence: String(entry.seq),
    data: {
      ...(entry.tenant === undefined ? {} : { tenant: entry.tenant }),
      ...(entry.effectiveAt === undefined ? {} : { effectiveAt: entry.effectiveAt }),
      batch: entry.batch,
      actor: entry.actor,
      ...(entry.reason === undefined ? {} : { reason: entry.reason }),
      ...(entry.source === undefined ? {} : { source: entry.source }),
      event: entry.data,
    },
  };
}
