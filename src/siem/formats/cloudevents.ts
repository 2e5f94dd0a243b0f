import { decodeRead } from '../../../events/codec/decode.ts';
import { defined } from '../../../events/codec/defined.ts';
import type { Actor, Envelope } from '../../../events/entry.ts';
import { streamSchemaName } from '../../../events/schema-names.ts';
import type { StreamEntry } from '../event-stream.ts';
import type { EventFormat } from './format.ts';
import { heartbeatId } from './heartbeat-id.ts';
import { jsonLine } from './json-line.ts';

/**
 * CloudEvents 1.0 in JSON (structured mode). `source` and `id` together are unique; `sequence` is the entry's seq, gapless,
 * so that a consumer sees any hole.
 */
export const cloudEvents: EventFormat = {
  name: 'cloudevents',
  contentType: 'application/cloudevents+json; charset=UTF-8',
  write: (entry, { ledgerId }) => jsonLine(toCloudEvent(ledgerId, entry)),
  heartbeat: (beat) =>
    jsonLine({
      specversion: '1.0',
      id: heartbeatId(beat),
      source: sourceOf(beat.ledgerId),
      type: 'isoledger.heartbeat.v1',
      time: beat.time,
      datacontenttype: 'application/json',
      dataschema: streamSchemaName('heartbeat', 1),
      data: { size: beat.size, root: beat.root },
    }),
};

/** An entry as a CloudEvent. Throws UnreadableEntry. */
function toCloudEvent(ledgerId: string, entry: StreamEntry): object {
  const { seq, envelope } = entry;
  return {
    specversion: '1.0',
    id: envelope.id,
    source: sourceOf(ledgerId),
    subject: envelope.subject,
    time: envelope.effectiveAt ?? envelope.recordedAt,
    datacontenttype: 'application/json',
    // Its texts sort as the numbers do.
    sequence: String(seq).padStart(20, '0'),
    recordedtime: envelope.recordedAt,
    partitionkey: envelope.tenant ?? envelope.subject,
    ...defined({ correlationid: envelope.correlation, causationid: envelope.causation }),
    authtype: principals[envelope.actor.authenticated],
    authid: envelope.actor.name,
    ...(entry.isVoid ? withoutEffect(envelope) : ofEvent(entry)),
  };
}

/** What the registered extension calls those who act. */
const principals: Readonly<Record<Actor['authenticated'], string>> = {
  asserted: 'unauthenticated',
  'os-user': 'user',
  token: 'api_key',
};

function sourceOf(ledgerId: string): string {
  return `isoledger:${ledgerId}`;
}

function ofEvent({ seq, envelope }: StreamEntry): object {
  const entry = decodeRead(seq, envelope);
  return {
    type: `isoledger.${kebab(entry.type)}.v${String(entry.schemaVersion)}`,
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

/** No event has this type, so that nobody takes the entry for the fact that it would have been. */
function withoutEffect({ batch, type }: Envelope): object {
  return {
    type: 'isoledger.void.v1',
    dataschema: streamSchemaName('void', 1),
    data: { batch, wouldHaveBeen: type },
  };
}

/** `TenantPlaced` as `tenant-placed`. */
function kebab(type: string): string {
  return type.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
}
