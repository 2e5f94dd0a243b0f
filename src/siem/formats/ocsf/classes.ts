import type { DomainEvent, EventData, EventType } from '../../../../events/catalogue.ts';
import { fromWords, toWords } from '../../../words/drops-words.ts';
import type { EntrySubject, EntryFacts } from '../facts.ts';
import { attestationFinding } from './attestation-finding.ts';
import { violationFinding } from './violation-finding.ts';
import { device, managedEntity, uidOf } from './entities.ts';
import type { OcsfRow } from './rows.ts';
import type { OcsfVersion } from './versions.ts';

/** What a class has beside what all classes share. */
export interface ClassPart {
  readonly attributes: object;
  readonly profiles: readonly string[];
  /** What OCSF has no place for. */
  readonly unmapped: object;
}

/** An event as the attributes of its class. */
export function classPart(
  facts: EntryFacts & { readonly event: DomainEvent; readonly about: EntrySubject },
  { ledgerId, row, version }: { ledgerId: string; row: OcsfRow; version: OcsfVersion },
): ClassPart {
  const { event, about } = facts;
  if (row.class === 'entity')
    return { attributes: { entity: managedEntity(event, { about, ledgerId }) }, profiles: [], unmapped: {} };
  const part = partOf(facts, { ledgerId, version });
  return { ...part, profiles: ['host', ...part.profiles], unmapped: { ...part.unmapped, event: event.data } };
}

function partOf(
  facts: EntryFacts & { readonly event: DomainEvent; readonly about: EntrySubject },
  { ledgerId, version }: { ledgerId: string; version: OcsfVersion },
): ClassPart {
  const { event, about } = facts;
  const attributes = { device: device(about.name, uidOf(ledgerId, about)) };
  switch (event.type) {
    case 'DriftDetected':
      return {
        attributes: driftFinding(facts, { ...event.data, ledgerId, about }),
        profiles: [],
        unmapped: {},
      };
    case 'DriftCorrected':
      return {
        attributes: { ...attributes, ...restored(event.data) },
        profiles: [],
        unmapped: { finding_uid: driftUid({ ...event.data, ledgerId }) },
      };
    case 'DropsObserved':
      return {
        attributes: { ...attributes, ...droppedTraffic(event.data) },
        profiles: ['security_control'],
        unmapped: {},
      };
    case 'IsolationViolated':
    case 'IsolationRestored':
      return { attributes: violationFinding(facts, { event, ledgerId }), profiles: [], unmapped: {} };
    case 'IsolationAttested': {
      const of = { ...event.data, ledgerId, about };
      return { attributes: attestationFinding(facts, of), profiles: [], unmapped: {} };
    }
    case 'RoleTaken':
      return { attributes: started(event.data, { ledgerId, version }), profiles: [], unmapped: {} };
    default:
      // Kinds whose class has nothing beside what all classes share. Their schema shows whether that is so.
      event.type satisfies EventType;
      return { attributes: {}, profiles: [], unmapped: {} };
  }
}

function restored({ shard, plan }: EventData<'DriftCorrected'>): object {
  return {
    command_uid: `${shard}/${String(plan)}`,
    remediation: { desc: 'The host was given what was planned for it, and read back.' },
  };
}

/** From 1.9.0 on an application is an object of its own, and a product is no longer to be taken for one. */
function started(
  { role, holder }: EventData<'RoleTaken'>,
  { ledgerId, version }: { ledgerId: string; version: OcsfVersion },
): object {
  const name = `isoledger ${role}`;
  const uid = uidOf(ledgerId, { kind: 'role', name: role });
  return {
    app: { name, vendor_name: 'isoledger', uid },
    ...(version === '1.9.0' ? { application: { name, uid } } : {}),
    device: device(holder.host, holder.host),
  };
}

/** The finding that drift opens: the same uid for a host until it is corrected, and again if it drifts again. */
function driftUid({ ledgerId, shard, host }: { ledgerId: string; shard: string; host: string }): string {
  return `${ledgerId}:drift/${shard}/${host}`;
}

function driftFinding(
  { title, time, message }: EntryFacts,
  { ledgerId, about, ...drift }: EventData<'DriftDetected'> & { ledgerId: string; about: EntrySubject },
): object {
  const uid = uidOf(ledgerId, about);
  return {
    finding_info: {
      uid: driftUid({ ledgerId, ...drift }),
      title,
      desc: message,
      types: ['Drift'],
      created_time: Date.parse(time),
    },
    compliance: {
      control: 'A host holds what it acknowledged, and nothing else',
      status_id: 3,
      status: 'Fail',
    },
    resources: [{ name: drift.host, uid, type: 'host' }],
    device: device(drift.host, uid),
  };
}

function droppedTraffic({ drops, since, readAt }: EventData<'DropsObserved'>): object {
  const [only, ...more] = drops;
  const several = more.length > 0 || only === undefined;
  return {
    action_id: 2,
    action: 'Denied',
    disposition_id: 6,
    disposition: 'Dropped',
    is_alert: false,
    src_endpoint: { name: several ? 'several' : fromWords(only) },
    dst_endpoint: { name: several ? 'several' : toWords(only) },
    traffic: { packets: drops.reduce((sum, { packets }) => sum + packets, 0) },
    ...(since === null ? {} : { start_time: Date.parse(since) }),
    end_time: Date.parse(readAt),
  };
}
