import type { DomainEvent } from '../../events/catalogue.ts';
import type { Tenant } from '../../events/estate.ts';
import { segmentOf } from '../../events/names.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { inventoriesInScope, tenantsInScope } from './scope.ts';

/**
 * Places the tenants in scope. The document's `shard` decides. Without it a tenant stays on its shard. A new tenant
 * goes to the shard of its endpoints' hosts, else to the shard with the most free VNIs (of equal shards, the first by
 * name). If there is no shard, tenants stay unplaced.
 */
export function placeTenants(candidate: Candidate): DomainEvent[] {
  const { after } = candidate;
  const { directory } = after;
  const room = freeVnis(after);
  const events: DomainEvent[] = [];
  for (const tenant of sortedByName(tenantsInScope(candidate))) {
    const current = directory.placements.get(tenant.tenant);
    const shard = tenant.shard ?? current ?? shardOfEndpoints(after, tenant.tenant) ?? roomiest(room);
    const taken = shard === undefined ? undefined : room.get(shard);
    if (shard === undefined || shard === current || taken === undefined) continue;
    room.set(shard, taken - tenant.segments.length);
    events.push(
      current === undefined
        ? { type: 'TenantPlaced', data: { tenant: tenant.tenant, shard } }
        : { type: 'TenantMoved', data: { tenant: tenant.tenant, from: current, to: shard } },
    );
  }
  return events;
}

function sortedByName(tenants: Iterable<Tenant>): Tenant[] {
  return [...tenants].sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
}

/** By shard, the number of VNIs that no segment has. */
function freeVnis({ directory, shardHolders }: Intended): Map<string, number> {
  return new Map(
    Array.from(directory.shards.values(), ({ shard, vnis: range }) => [
      shard,
      range.to - range.from + 1 - shardHolders.count(shard),
    ]),
  );
}

function shardOfEndpoints({ directory }: Intended, tenant: string): string | undefined {
  for (const { host } of endpointsOf(directory, tenant)) {
    const shard = directory.hosts.get(host)?.shard;
    if (shard !== undefined) return shard;
  }
  return undefined;
}

function roomiest(room: ReadonlyMap<string, number>): string | undefined {
  const [most] = [...room].sort(([a, roomA], [b, roomB]) => roomB - roomA || (a < b ? -1 : 1));
  return most?.[0];
}

/** In words, why a tenant belongs on a shard. A new one may have been placed there for another of its endpoints only. */
function whyThere(
  { before, after }: Pick<Candidate, 'before' | 'after'>,
  tenant: string,
  home: string,
): string {
  const isPlacedNow = before.directory.placements.get(tenant) !== home;
  return isPlacedNow && shardOfEndpoints(after, tenant) === home
    ? `another endpoint of ${tenant} sits on a host of ${home}`
    : `${tenant} stands on ${home}`;
}

/** Refuses endpoints on a host of another shard than their tenant's. */
export function* checkPlacement(candidate: Candidate): Iterable<DomainProblem> {
  const { folder } = candidate;
  const { directory } = candidate.after;
  for (const tenant of inventoriesInScope(candidate)) {
    const home = directory.placements.get(tenant);
    for (const { name, host } of endpointsOf(directory, tenant)) {
      const shard = directory.hosts.get(host)?.shard;
      if (home === undefined || shard === undefined || shard === home) continue;
      const place: DomainPlace = { kind: 'Endpoints', name: tenant, path: ['endpoints', name, 'host'] };
      yield {
        kind: 'refused',
        at: pointAt(folder, place, { kind: 'Tenant', name: tenant, path: ['shard'] }),
        message: `endpoint ${segmentOf(tenant, name)} sits on ${host} of ${shard}, but ${whyThere(candidate, tenant, home)}: endpoints stay on their tenant's shard`,
        found: host,
        allowed: `a host of ${home}`,
      };
    }
  }
}
