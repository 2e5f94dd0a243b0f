import type { DomainEvent } from '../../events/catalogue.ts';
import type { Shard } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { segmentsOf } from '../../projections/directory/directory.ts';
import type { HeldVni, Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { tenantsInScope } from './scope.ts';

/** The VNIs given and taken so that every placed segment, and every external with a gateway, holds one of its shard. */
export interface Allocation {
  readonly events: readonly DomainEvent[];
  readonly problems: readonly DomainProblem[];
}

/**
 * Gives each the lowest free VNI of its shard's range. `occupied` are the VNIs that some host may still hold from
 * before: none of them is free. The range being used up, or narrowed below one that is held, is a problem.
 */
export function allocateVnis(candidate: Candidate, occupied: () => ReadonlySet<number>): Allocation {
  const { after } = candidate;
  const homes = homesOf(candidate);
  const events: DomainEvent[] = [...heldInScope(candidate)]
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

/** Every end in scope that holds a VNI, also where it is no more. */
function* heldInScope({ before, after, scope }: Candidate): Generator<[string, HeldVni]> {
  if (scope === undefined) {
    yield* after.vnis;
    return;
  }
  const ends = [...scope].flatMap((tenant) =>
    [before, after].flatMap(({ directory }) => segmentsOf(directory, tenant)),
  );
  for (const end of new Set(ends)) {
    const held = after.vnis.get(end);
    if (held !== undefined) yield [end, held];
  }
}

/** One that was released in this batch still counts as held: a plan for the estate of before may be recorded just now. */
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
  for (const [segment, { shard, vni }] of heldInScope(candidate)) {
    const home = homes.get(segment);
    if (home?.shard !== shard || (home.vnis.from <= vni && vni <= home.vnis.to)) continue;
    yield {
      kind: 'refused',
      at: pointAt(candidate.given, { kind: 'Shard', name: shard, path: ['vnis'] }),
      message: `${segment} holds VNI ${String(vni)} of ${shard}, which the range ${range(home)} leaves out`,
      found: range(home),
      allowed: 'a range that holds every VNI in use',
    };
  }
}

function usedUp({ given }: Candidate, { segment, home }: { segment: string; home: Shard }): DomainProblem {
  const tenant = tenantOf(segment);
  const owner: DomainPlace =
    tenant === undefined
      ? { kind: 'External', name: segment, path: ['gateway'] }
      : { kind: 'Tenant', name: tenant, path: ['segments'] };
  return {
    kind: 'refused',
    at: pointAt(given, owner, { kind: 'Shard', name: home.shard, path: ['vnis'] }),
    message:
      `${home.shard} has no free VNI left for ${segment}: widen its range, or place the tenant on another shard. ` +
      'A VNI that was released is free again once every host has acknowledged its removal',
    found: range(home),
  };
}

function range({ vnis }: Shard): string {
  return `${String(vnis.from)}-${String(vnis.to)}`;
}
