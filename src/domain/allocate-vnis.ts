import type { DomainEvent } from '../../events/catalogue.ts';
import type { Shard } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { segmentsOf } from '../../projections/directory/directory.ts';
import type { AllocatedVni, Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { tenantsInScope } from './scope.ts';

/** The events after which every placed segment, and every external with a gateway, has one VNI of its shard. */
export interface Allocation {
  readonly events: readonly DomainEvent[];
  readonly problems: readonly DomainProblem[];
}

/**
 * Gives each segment and gateway the lowest free VNI of its shard's range. `occupied` are VNIs that a host may still
 * have from an earlier plan: they are not free. A range without a free VNI is a problem, and so is a range that
 * leaves out an allocated VNI.
 */
export function allocateVnis(candidate: Candidate, occupied: () => ReadonlySet<number>): Allocation {
  const { after } = candidate;
  const homes = homesOf(candidate);
  const events: DomainEvent[] = [...vnisInScope(candidate)]
    .filter(([segment, { shard }]) => homes.get(segment)?.shard !== shard)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([segment, { shard, vni }]) => ({ type: 'VniReleased', data: { shard, vni, segment } }));
  const pools = new Map<string, Generator<number, undefined>>();
  const problems: DomainProblem[] = [...outsideRange(candidate, homes)];
  for (const [segment, home] of [...homes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { shard } = home;
    if (after.vnis.get(segment)?.shard === shard) continue;
    const pool = pools.get(shard) ?? freeOf(home, { after, occupied: occupied() });
    pools.set(shard, pool);
    const vni = pool.next().value;
    if (typeof vni === 'number') events.push({ type: 'VniAllocated', data: { shard, vni, segment } });
    else problems.push(usedUp(candidate, { segment, home }));
  }
  return { events, problems };
}

/** The shard of every end in scope that needs a VNI. */
function homesOf(candidate: Candidate): Map<string, Shard> {
  const { directory } = candidate.after;
  const homes = new Map<string, Shard>();
  const settle = (end: string, shard: string | undefined): void => {
    const home = shard === undefined ? undefined : directory.shards.get(shard);
    if (home !== undefined) homes.set(end, home);
  };
  for (const { tenant } of tenantsInScope(candidate)) {
    for (const segment of segmentsOf(directory, tenant)) settle(segment, directory.placements.get(tenant));
  }
  if (candidate.scope !== undefined) return homes;
  for (const { external, gateway } of directory.externals.values()) {
    if (gateway !== undefined) settle(external, directory.hosts.get(gateway.host)?.shard);
  }
  return homes;
}

/** The VNI of every end in scope, also of an end that is gone. */
function* vnisInScope({ before, after, scope }: Candidate): Generator<[string, AllocatedVni]> {
  if (scope === undefined) {
    yield* after.vnis;
    return;
  }
  const ends = [...scope].flatMap((tenant) =>
    [before, after].flatMap(({ directory }) => segmentsOf(directory, tenant)),
  );
  for (const end of new Set(ends)) {
    const allocated = after.vnis.get(end);
    if (allocated !== undefined) yield [end, allocated];
  }
}

/**
 * A VNI that this batch releases is not free yet: another process may be recording a plan for the estate before the
 * batch.
 */
function* freeOf(
  { vnis }: Shard,
  taken: { after: Intended; occupied: ReadonlySet<number> },
): Generator<number, undefined> {
  for (let vni = vnis.from; vni <= vnis.to; vni += 1) {
    if (taken.after.vniHolders.count(vni) === 0 && !taken.occupied.has(vni)) yield vni;
  }
  return undefined;
}

function* outsideRange(candidate: Candidate, homes: ReadonlyMap<string, Shard>): Iterable<DomainProblem> {
  for (const [segment, { shard, vni }] of vnisInScope(candidate)) {
    const home = homes.get(segment);
    if (home?.shard !== shard || (home.vnis.from <= vni && vni <= home.vnis.to)) continue;
    yield {
      kind: 'refused',
      at: pointAt(candidate.folder, { kind: 'Shard', name: shard, path: ['vnis'] }),
      message: `${segment} holds VNI ${String(vni)} of ${shard}, which the range ${range(home)} leaves out`,
      found: range(home),
      allowed: 'a range that holds every VNI in use',
    };
  }
}

function usedUp({ folder }: Candidate, { segment, home }: { segment: string; home: Shard }): DomainProblem {
  const tenant = tenantOf(segment);
  const owner: DomainPlace =
    tenant === undefined
      ? { kind: 'External', name: segment, path: ['gateway'] }
      : { kind: 'Tenant', name: tenant, path: ['segments'] };
  return {
    kind: 'refused',
    at: pointAt(folder, owner, { kind: 'Shard', name: home.shard, path: ['vnis'] }),
    message:
      `${home.shard} has no free VNI left for ${segment}: widen its range, or place the tenant on another shard. ` +
      'A VNI that was released is free again once every host has acknowledged its removal',
    found: range(home),
  };
}

function range({ vnis }: Shard): string {
  return `${String(vnis.from)}-${String(vnis.to)}`;
}
