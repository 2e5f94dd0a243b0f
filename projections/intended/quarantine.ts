import type { DomainEvent, Kinds } from '../../events/catalogue.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';

/** Tenants, segments and externals in quarantine: no traffic flows into or out of them, whatever the policies say. */
export interface Quarantine {
  /** Tenants that are cut off from everyone else. */
  readonly tenants: Set<string>;
  /** Segments (`tenant/segment`) and externals that are cut off from every other end. */
  readonly ends: Set<string>;
}

/** A tenant, a segment (`tenant/segment`) or an external: each can be in quarantine. */
export interface Quarantinable {
  readonly kind: 'tenant' | 'segment' | 'external';
  readonly name: string;
}

export function noQuarantine(): Quarantine {
  return { tenants: new Set(), ends: new Set() };
}

/** The quarantine of one tenant, segment or external alone. */
export function quarantineOnly({ kind, name }: Quarantinable): Quarantine {
  const names = new Set([name]);
  return kind === 'tenant' ? { ...noQuarantine(), tenants: names } : { ...noQuarantine(), ends: names };
}

export function copyQuarantine({ tenants, ends }: Quarantine): Quarantine {
  return { tenants: new Set(tenants), ends: new Set(ends) };
}

export function isInQuarantine({ tenants, ends }: Quarantine, { kind, name }: Quarantinable): boolean {
  return kind === 'tenant' ? tenants.has(name) : ends.has(name);
}

/** The names of all tenants, segments and externals in quarantine, sorted. */
export function quarantinedNames({ tenants, ends }: Quarantine): string[] {
  return [...tenants, ...ends].sort();
}

/** All tenants, segments and externals in quarantine. */
export function quarantinables({ tenants, ends }: Quarantine): Quarantinable[] {
  return [
    ...Array.from(tenants, (name) => ({ kind: 'tenant' as const, name })),
    ...Array.from(ends, (name) => ({
      kind: tenantOf(name) === undefined ? ('external' as const) : ('segment' as const),
      name,
    })),
  ];
}

/** True if an end (a segment or an external) is the subject, or a segment of it. */
export function isEndOf({ kind, name }: Quarantinable, end: string): boolean {
  return kind === 'tenant' ? tenantOf(end) === name : end === name;
}

/**
 * True if quarantine cuts two ends from each other: the ends differ and one of them is in quarantine, or their tenants
 * differ and one of these is.
 */
export function isCut({ tenants, ends }: Quarantine, { from, to }: { from: string; to: string }): boolean {
  if (from === to) return false;
  if (ends.has(from) || ends.has(to)) return true;
  const [source = '', target = ''] = [tenantOf(from), tenantOf(to)];
  return source !== target && (tenants.has(source) || tenants.has(target));
}

/**
 * Folds one event into the given state; total over all events. Quarantine ends with its tenant, segment or external: a
 * later one of the same name is another.
 */
export function foldQuarantine({ tenants, ends }: Quarantine, event: DomainEvent): void {
  switch (event.type) {
    case 'TenantQuarantined':
      tenants.add(event.data.tenant);
      return;
    case 'TenantReleased':
      tenants.delete(event.data.tenant);
      return;
    case 'SegmentQuarantined':
      ends.add(segmentOf(event.data.tenant, event.data.segment));
      return;
    case 'SegmentReleased':
      ends.delete(segmentOf(event.data.tenant, event.data.segment));
      return;
    case 'ExternalQuarantined':
      ends.add(event.data.external);
      return;
    case 'ExternalReleased':
    case 'ExternalRetired':
      ends.delete(event.data.external);
      return;
    case 'TenantRegistered':
    case 'TenantChanged':
      keepSegments(ends, event.data);
      return;
    case 'TenantRetired':
      tenants.delete(event.data.tenant);
      keepSegments(ends, { ...event.data, segments: [] });
      return;
    default:
      event.type satisfies LeftAlone;
  }
}

/** The kinds of events that put nobody in quarantine, and release nobody. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped cuts nobody off: a person decides that.
  | 'DropsObserved'
  // A tenant that moves stays in quarantine, and so does an external that changes. A new external is not in it.
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'ExternalRegistered'
  | 'ExternalChanged'
  // Rules, workloads and networks of tenants.
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
  | 'VniAllocated'
  | 'VniReleased'
  // Shards and hosts, and the objects at these.
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  | 'HostRegistered'
  | 'HostChanged'
  | 'HostRetired'
  | 'HostGone'
  | 'ChangePlanned'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'HostCleared'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
>;

/** Takes a tenant's segments out of quarantine, but for the segments that it has. */
function keepSegments(
  ends: Set<string>,
  { tenant, segments }: { readonly tenant: string; readonly segments: readonly string[] },
): void {
  const kept = new Set(segments.map((segment) => segmentOf(tenant, segment)));
  for (const end of ends) if (tenantOf(end) === tenant && !kept.has(end)) ends.delete(end);
}
