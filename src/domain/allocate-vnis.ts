import type { DomainEvent } from '../../events/catalogue.ts';
import type { Shard } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { segmentsOf } from '../../projections/directory/directory.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/** The VNIs given and taken so that every placed segment, and every external with a gateway, holds one of its shard. */
export interface Allocation {
  readonly events: readonly DomainEvent[];
  readonly problems: readonly DomainProblem[];
}

/**
 * Gives each the lowest free VNI of its shard's range. `occupied` are the VNIs that some host may still hold from
 * before: none of them is free. The range being used up, or narrowed below one that is held, is a problem.
 */
export function allocateVnis(candidate: Candidate, occupied: ReadonlySet<number>): Allocation {
  const { after } = candidate;
  const homes = homesOf(after);
  const events: DomainEvent[] = [];
  const held = new Set<number>();
  for (const [segment, { shard, vni }] of after.vnis) {
    // Released here, it is not free here: a plan for the estate of before may be recorded at this very moment.
    held.add(vni);
    if (homes.get(segment)?.shard !== shard) {
      events.push({ type: 'VniReleased', data: { shard, vni, segment } });
    }
  }
  const pools = new Map(
    Array.from(after.directory.shards.values(), (shard) => [shard.shard, freeOf(shard, [held, occupied])]),
  );
  const problems: DomainProblem[] = [...outsideRange(candidate, homes)];
  for (const [segment, home] of [...homes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { shard } = home;
    if (after.vnis.get(segment)?.shard === shard) continue;
    const vni = pools.get(shard)?.next().value;
    if (typeof vni === 'number') events.push({ type: 'VniAllocated', data: { shard, vni, segment } });
    else problems.push(usedUp(candidate, { segment, home }));
  }
  return { events, problems };
}

/** The shard of every end that needs a VNI. */
function homesOf({ directory }: Intended): Map<string, Shard> {
  const homes = new Map<string, Shard>();
  const settle = (end: string, shard: string | undefined): void => {
    const home = shard === undefined ? undefined : directory.shards.get(shard);
    if (home !== undefined) homes.set(end, home);
  };
  for (const [tenant, shard] of directory.placements) {
    for (const segment of segmentsOf(directory, tenant)) settle(segment, shard);
  }
  for (const { external, gateway } of directory.externals.values()) {
    if (gateway !== undefined) settle(external, directory.hosts.get(gateway.host)?.shard);
  }
  return homes;
}

function* freeOf({ vnis }: Shard, taken: readonly ReadonlySet<number>[]): Generator<number, undefined> {
  for (let vni = vnis.from; vni <= vnis.to; vni += 1) {
    if (!taken.some((set) => set.has(vni))) yield vni;
  }
  return undefined;
}

function* outsideRange(
  { after, given }: Candidate,
  homes: ReadonlyMap<string, Shard>,
): Iterable<DomainProblem> {
  for (const [segment, { shard, vni }] of after.vnis) {
    const home = homes.get(segment);
    if (home?.shard !== shard || (home.vnis.from <= vni && vni <= home.vnis.to)) continue;
    yield {
      kind: 'refused',
      at: pointAt(given, { kind: 'Shard', name: shard, path: ['vnis'] }),
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
