import { defined } from '../../../../events/codec/defined.ts';
import { digestOf } from '../../../../events/codec/canonical.ts';
import type { Actor } from '../../../../events/entry.ts';
import type { EntryFacts } from '../facts.ts';
import type { FormatContext, Heartbeat } from '../format.ts';
import { heartbeatId } from '../heartbeat-id.ts';
import type { Severity } from '../meanings.ts';
import { classPart, type ClassPart } from './classes.ts';
import { classes, other, rows, type OcsfRow } from './rows.ts';
import type { OcsfVersion } from './versions.ts';

/** An entry in OCSF. */
export function ocsfEvent(facts: EntryFacts, context: FormatContext, version: OcsfVersion): object {
  const { event, about } = facts;
  const row = event === undefined ? other('Void') : rows[event.type];
  const part: ClassPart =
    event === undefined || about === undefined
      ? { attributes: {}, profiles: ['host'], unmapped: {} }
      : classPart({ ...facts, event, about }, { ledgerId: context.ledgerId, row, version });
  const profiles = [...part.profiles, ...(version === '1.9.0' ? ['record_integrity'] : [])];
  const whole = {
    ...classification(row, facts.severity),
    time: Date.parse(facts.time),
    message: facts.message,
    ...outcome(facts, row),
    metadata: metadata(facts, { context, version, profiles }),
    actor: actorOf(facts.envelope.actor),
    ...part.attributes,
    ...(row.class === 'entity' ? defined({ comment: facts.envelope.reason }) : {}),
    unmapped: { ...unmapped(facts), ...part.unmapped },
  };
  return version === '1.9.0' ? attested(whole, { facts, chain: context.ledgerId }) : whole;
}

/** A heartbeat: OCSF has no class for one. */
export function ocsfHeartbeat(beat: Heartbeat, context: FormatContext, version: OcsfVersion): object {
  const { size, root, time, ledgerId } = beat;
  return {
    ...classification(other('Heartbeat'), 'informational'),
    time: Date.parse(time),
    message: `Heartbeat: ${String(size)} entries`,
    status_id: 1,
    status: 'Success',
    metadata: {
      ...logOf(context, version),
      uid: heartbeatId(beat),
      event_code: 'heartbeat',
      original_time: time,
    },
    unmapped: { ledger_id: ledgerId, size, root },
  };
}

const severities: Readonly<Record<Severity, readonly [id: number, name: string]>> = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};

function classification(row: OcsfRow, severity: Severity): object {
  const { uid, name, category, categoryName } = classes[row.class];
  const [severityId, severityName] = severities[severity];
  return {
    activity_id: row.activity,
    activity_name: row.activityName,
    category_uid: category,
    category_name: categoryName,
    class_uid: uid,
    class_name: name,
    type_uid: uid * 100 + row.activity,
    type_name: `${name}: ${row.activityName}`,
    severity_id: severityId,
    severity: severityName,
  };
}

const statuses: Readonly<Record<EntryFacts['outcome'], readonly [id: number, name: string]>> = {
  unknown: [0, 'Unknown'],
  success: [1, 'Success'],
  failure: [2, 'Failure'],
};

/** A finding has a state of its own instead of an outcome. */
function outcome({ outcome: came, event }: EntryFacts, row: OcsfRow): object {
  if (row.class === 'compliance' || row.class === 'detection')
    return row.activity === 3 ? { status_id: 4, status: 'Resolved' } : { status_id: 1, status: 'New' };
  const problem = event?.type === 'ChangeFailed' ? event.data.problem : undefined;
  const [id, name] = statuses[came];
  return {
    ...{ status_id: id, status: name },
    ...defined({ status_detail: problem }),
  };
}

function logOf({ ledgerId, version, host }: FormatContext, ocsf: OcsfVersion): object {
  return {
    version: ocsf,
    product: { name: 'isoledger', vendor_name: 'isoledger', version },
    log_name: `isoledger:${ledgerId}`,
    log_provider: 'isoledger',
    ...(host === undefined
      ? {}
      : { loggers: [{ name: 'isoledger', device: { hostname: host, type_id: 1, type: 'Server' } }] }),
  };
}

function metadata(
  { seq, type, envelope }: EntryFacts,
  {
    context,
    version,
    profiles,
  }: { context: FormatContext; version: OcsfVersion; profiles: readonly string[] },
): object {
  return {
    ...logOf(context, version),
    ...(profiles.length === 0 ? {} : { profiles }),
    uid: envelope.id,
    sequence: seq,
    event_code: type,
    original_time: envelope.recordedAt,
    logged_time: Date.parse(envelope.recordedAt),
    correlation_uid: envelope.correlation ?? envelope.batch.id,
    ...defined({ tenant_uid: envelope.tenant }),
  };
}

/** The type of a user says how the name is known: anybody can give any name. */
function actorOf({ name, authenticated, account }: Actor): object {
  return { user: { name, type_id: 99, type: authenticated, ...defined({ uid: account }) } };
}

function unmapped({ envelope, about, leafHash }: EntryFacts): object {
  const { subject, schemaVersion, batch, reason, source, causation, type } = envelope;
  return {
    subject,
    recorded_type: type,
    schema_version: schemaVersion,
    batch,
    leaf_hash: leafHash,
    ...defined({ about: about?.kind, reason, source, causation }),
  };
}

/**
 * The fingerprint is of the canonical form (RFC 8785) of the whole event but for the fingerprint itself. The event before
 * is named by its id: its own fingerprint would depend on every event before it.
 */
function attested(
  event: object,
  { facts: { previous }, chain }: { facts: EntryFacts; chain: string },
): object {
  const attestation = {
    chain_uid: chain,
    ...(previous === undefined ? {} : { prev_event: { uid: previous } }),
  };
  const value = digestOf({ ...event, attestation });
  const fingerprint = {
    ...{ algorithm_id: 3, algorithm: 'SHA-256', value },
    ...{ serialization_id: 2, serialization: 'JCS' },
  };
  return { ...event, attestation: { ...attestation, fingerprint } };
}
