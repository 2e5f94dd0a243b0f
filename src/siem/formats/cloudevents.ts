import { defined } from '../../../events/codec/defined.ts';
import { decodeEntry } from '../../../events/codec/decode.ts';
import { streamSchemaName } from '../../../events/schema-names.ts';
import type { Envelope, StoredEntry } from '../../../events/entry.ts';
import type { EventFormat } from './format.ts';
import { jsonLine } from './json-line.ts';

/** CloudEvents 1.0 in JSON (structured mode). */
export const cloudEvents: EventFormat = {
  name: 'cloudevents',
  contentType: 'application/cloudevents+json; charset=UTF-8',
  write: ({ seq, stored, envelope, isVoid }, { ledgerId }) =>
    jsonLine(isVoid ? toVoidCloudEvent(ledgerId, { seq, envelope }) : toCloudEvent(ledgerId, stored)),
  heartbeat: ({ ledgerId, size, root, time }) =>
    jsonLine({
      specversion: '1.0',
      id: `${ledgerId}:heartbeat:${time}`,
      source: `urn:isoledger:${ledgerId}`,
      type: 'isoledger.heartbeat.v1',
      time,
      datacontenttype: 'application/json',
      data: { size, root },
    }),
};

/**
 * An entry as a CloudEvent 1.0 in JSON (structured mode). `source` and `id` together are unique; `sequence` is the
 * entry's seq, gapless, so that a consumer sees any hole. Throws UnreadableEntry.
 */
export function toCloudEvent(ledgerId: string, stored: StoredEntry): object {
  const entry = decodeEntry(stored);
  return {
    ...contextOf(ledgerId, { seq: entry.seq, envelope: entry }),
    type: `isoledger.${entry.type}.v${String(entry.schemaVersion)}`,
    dataschema: streamSchemaName(entry.type, entry.schemaVersion),
    data: {
      ...defined({ tenant: entry.tenant, effectiveAt: entry.effectiveAt }),
      batch: entry.batch,
      actor: entry.actor,
      ...defined({ reason: entry.reason, source: entry.source }),
      event: entry.data,
    },
  };
}

/**
 * An entry of a void batch: it keeps its place in the sequence, and states no fact. No event has this type, so that
 * nobody takes the entry for the fact that it would have been.
 */
export function toVoidCloudEvent(ledgerId: string, entry: VoidEntry): object {
  const { batch, type } = entry.envelope;
  return {
    ...contextOf(ledgerId, entry),
    type: 'isoledger.void.v1',
    dataschema: streamSchemaName('void', 1),
    data: { batch, wouldHaveBeen: type },
  };
}

interface VoidEntry {
  readonly seq: number;
  readonly envelope: Envelope;
}

function contextOf(
  ledgerId: string,
  { seq, envelope }: { seq: number; envelope: Pick<Envelope, 'id' | 'subject' | 'recordedAt'> },
): object {
  return {
    specversion: '1.0',
    id: envelope.id,
    source: `urn:isoledger:${ledgerId}`,
    subject: envelope.subject,
    time: envelope.recordedAt,
    datacontenttype: 'application/json',
    sequence: String(seq),
  };
}
