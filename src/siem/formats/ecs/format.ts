import type { DomainEvent } from '../../../../events/catalogue.ts';
import { defined } from '../../../../events/codec/defined.ts';
import type { StreamEntry } from '../../event-stream.ts';
import { factsOf, type EntryFacts } from '../facts.ts';
import type { EventFormat, FormatContext, Heartbeat } from '../format.ts';
import { heartbeatId } from '../heartbeat-id.ts';
import { jsonLine } from '../json-line.ts';
import { levels } from '../levels.ts';
import { rows, voidRow } from './rows.ts';

/** The version of the Elastic Common Schema whose fields these are. */
const ecsVersion = '9.0.0';

const decoder = new TextDecoder();

/** The Elastic Common Schema. `event.original` is the exact stored text, of which `event.hash` is the hash in the ledger's tree. */
export const ecs: EventFormat = {
  name: 'ecs',
  contentType: 'application/json',
  write: (entry, context) => jsonLine(ecsEvent(entry, context)),
  heartbeat: (beat, context) => jsonLine(ecsHeartbeat(beat, context)),
};

function ecsEvent(entry: StreamEntry, context: FormatContext): object {
  const facts = factsOf(entry);
  const { envelope, event } = facts;
  const { actor, tenant } = envelope;
  return {
    '@timestamp': facts.time,
    message: facts.message,
    ecs: { version: ecsVersion },
    event: eventFields(facts, decoder.decode(entry.stored.bytes)),
    ...(tenant === undefined ? {} : { organization: { id: tenant } }),
    user: { name: actor.name, ...defined({ id: actor.account }) },
    ...hostFields(facts),
    ...(event === undefined ? {} : ruleFields(event)),
    related: related(facts),
    observer: observer(context),
    labels: labels(facts, context),
  };
}

function eventFields({ seq, envelope, event, ...facts }: EntryFacts, original: string): object {
  const { kind, category, type } = event === undefined ? voidRow : rows[event.type];
  return {
    id: envelope.id,
    sequence: seq,
    action: facts.action,
    code: facts.type,
    kind,
    category,
    type,
    outcome: facts.outcome,
    severity: levels[facts.severity],
    created: envelope.recordedAt,
    module: 'isoledger',
    dataset: 'isoledger.ledger',
    provider: 'isoledger',
    hash: facts.leafHash,
    original,
    ...defined({ reason: envelope.reason }),
  };
}

function hostFields({ about, event }: EntryFacts): object {
  if (about?.kind !== 'host') return {};
  const ip =
    event?.type === 'HostRegistered' || event?.type === 'HostChanged' ? [event.data.tunnelIp] : undefined;
  return { host: { name: about.name, ...defined({ ip }) } };
}

/** The policy, or the rule of it, that an event is about. */
function ruleFields(event: DomainEvent): object {
  if (event.type === 'PolicyEnacted')
    return { rule: { category: 'policy', ruleset: event.data.policy.tenant, version: event.data.digest } };
  if (event.type === 'GrantOpened' || event.type === 'GrantLapsed')
    return { rule: { category: event.data.side, ruleset: event.data.tenant, id: event.data.rule } };
  return {};
}

function related({ envelope: { actor }, about, event, leafHash }: EntryFacts): object {
  const users = [actor.name, ...(actor.account === undefined ? [] : [actor.account])];
  return {
    user: [...new Set(users)],
    ...(about?.kind === 'host' ? { hosts: [about.name] } : {}),
    hash: [leafHash, ...(event?.type === 'PolicyEnacted' ? [event.data.digest] : [])],
  };
}

function observer({ host, version }: FormatContext): object {
  return {
    ...{ vendor: 'isoledger', product: 'isoledger', type: 'ledger', version },
    ...defined({ hostname: host }),
  };
}

/** Labels are flat and keywords: what ECS has no field for. */
function labels({ envelope, about }: EntryFacts, { ledgerId }: FormatContext): object {
  const { subject, schemaVersion, batch, source, correlation, causation, actor, type } = envelope;
  return {
    ...{ ledger: ledgerId, subject, recorded_type: type, schema_version: String(schemaVersion) },
    batch: batch.id,
    batch_index: String(batch.index),
    batch_count: String(batch.count),
    authenticated: actor.authenticated,
    ...defined({ about: about?.kind, about_name: about?.name, source, correlation, causation }),
  };
}

function ecsHeartbeat(beat: Heartbeat, context: FormatContext): object {
  const { time, size, root, ledgerId } = beat;
  return {
    '@timestamp': time,
    message: `Heartbeat: ${String(size)} entries`,
    ecs: { version: ecsVersion },
    event: {
      ...{ id: heartbeatId(beat), action: 'heartbeat', code: 'heartbeat', kind: 'state', outcome: 'success' },
      ...{ category: ['configuration'], type: ['info'], severity: levels.informational, created: time },
      ...{ module: 'isoledger', dataset: 'isoledger.heartbeat', provider: 'isoledger', hash: root },
    },
    related: { hash: [root] },
    observer: observer(context),
    labels: { ledger: ledgerId, size: String(size) },
  };
}
