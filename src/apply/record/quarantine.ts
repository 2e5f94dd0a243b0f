import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Actor } from '../../../events/entry.ts';
import { holderOf, tenantOf } from '../../../events/names.ts';
import { type AppliedShard } from '../../../projections/applied/applied.ts';
import { networksHeldBy } from '../../../projections/applied/may-hold.ts';
import { hostsOfShard, segmentsOf, type Directory } from '../../../projections/directory/directory.ts';
import { grantsOf } from '../../../projections/intended/grants.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { isEndOf, isInQuarantine, type Quarantinable } from '../../../projections/intended/quarantine.ts';
import { portsOf } from '../../../projections/intended/subject-ports.ts';
import type { AppendResult, Ledger } from '../../ledger/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { passTime } from './pass-time.ts';
import { record } from './record.ts';

export type QuarantineIntent = 'quarantine' | 'release';

export interface SetQuarantineRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly subject: Quarantinable;
  readonly reason?: string | undefined;
  readonly idempotencyKey: string;
}

export interface Quarantined {
  /** The place of the event; undefined if the subject was as asked already, or is gone. */
  readonly recorded: AppendResult | undefined;
  /** The shards whose hosts have to know. */
  readonly shards: readonly string[];
  readonly estate: Projected<Estate>;
}

/**
 * Records that a tenant, segment or external is cut off from everyone else (`quarantine`), or no longer (`release`). A
 * repeated intent records nothing. An intent about a subject that was retired meanwhile records nothing either: a later
 * one of that name is another one.
 */
export async function setQuarantine(
  request: SetQuarantineRequest,
  intent: QuarantineIntent,
  from: Projected<Estate>,
): Promise<Quarantined> {
  const { ledger, actor, subject, reason, idempotencyKey } = request;
  const passed = await passTime(request, from);
  const { recorded, estate } = await record(
    { ledger, actor, reason, idempotencyKey },
    ({ state }) => ({ events: eventsFor(state, { intent, subject }), subjects: [ledgerSubjectOf(subject)] }),
    passed,
  );
  return { recorded, shards: shardsConcerned(estate, subject), estate };
}

/** The ledger's subject, under which it keeps everything about this one. */
function ledgerSubjectOf({ kind, name }: Quarantinable): string {
  return kind === 'external' ? `external/${name}` : `tenant/${tenantOf(name) ?? name}`;
}

function eventsFor(
  { intended }: Estate,
  { intent, subject }: { intent: QuarantineIntent; subject: Quarantinable },
): DomainEvent[] {
  const isIn = isInQuarantine(intended.quarantine, subject);
  if (!isDeclared(intended, subject) || isIn === (intent === 'quarantine')) return [];
  return [isIn ? releaseOf(subject) : quarantineOf(subject)];
}

/** True if a document in force declares the subject. */
function isDeclared({ directory }: Intended, { kind, name }: Quarantinable): boolean {
  switch (kind) {
    case 'tenant':
      return directory.tenants.has(name);
    case 'segment':
      return segmentsOf(directory, tenantOf(name) ?? '').includes(name);
    case 'external':
      return directory.externals.has(name);
  }
}

function quarantineOf({ kind, name }: Quarantinable): DomainEvent {
  switch (kind) {
    case 'tenant':
      return { type: 'TenantQuarantined', data: { tenant: name } };
    case 'segment':
      return { type: 'SegmentQuarantined', data: partsOf(name) };
    case 'external':
      return { type: 'ExternalQuarantined', data: { external: name } };
  }
}

function releaseOf({ kind, name }: Quarantinable): DomainEvent {
  switch (kind) {
    case 'tenant':
      return { type: 'TenantReleased', data: { tenant: name } };
    case 'segment':
      return { type: 'SegmentReleased', data: partsOf(name) };
    case 'external':
      return { type: 'ExternalReleased', data: { external: name } };
  }
}

/** The parts of `tenant/segment`. */
function partsOf(name: string): { tenant: string; segment: string } {
  const tenant = tenantOf(name) ?? '';
  return { tenant, segment: name.slice(tenant.length + 1) };
}

/** The shards of the subject and of its peers, and each shard with a host that may still hold a network of the subject. */
function shardsConcerned({ state, recordedAt = '' }: Projected<Estate>, subject: Quarantinable): string[] {
  const { intended, applied } = state;
  const { directory, vnis } = intended;
  const holder = holderOf(subject.name);
  const shards = new Set<string>([directory.placements.get(holder) ?? '']);
  for (const { from, to } of grantsOf(intended, { at: recordedAt }, new Set([holder]))) {
    if (!isEndOf(subject, from) && !isEndOf(subject, to)) continue;
    for (const end of [from, to]) shards.add(vnis.get(end)?.shard ?? '');
  }
  const ends = subject.kind === 'tenant' ? segmentsOf(directory, subject.name) : [subject.name];
  for (const end of ends) shards.add(vnis.get(end)?.shard ?? '');
  for (const [name, shard] of applied.shards) {
    const hosts = [...hostsOfShard(directory, name), ...shard.leavingHosts];
    if (hosts.some((host) => mayHold(shard, { host, subject, directory }))) shards.add(name);
  }
  shards.delete('');
  return [...shards].sort();
}

/** True if a host of a shard may hold a network of the subject, or has a port of it, in whatever network. */
export function mayHold(
  shard: AppliedShard,
  { host, subject, directory }: { host: string; subject: Quarantinable; directory: Directory },
): boolean {
  // A name that is to be emptied here may be in use in another shard: ports are of that one.
  const isOfUse = !shard.leavingHosts.has(host);
  if (isOfUse && portsOf(directory, subject).some((port) => port.host === host)) return true;
  const holder = holderOf(subject.name);
  return Iterator.from(networksHeldBy(shard, { host, holder })).some((end) => isEndOf(subject, end));
}
