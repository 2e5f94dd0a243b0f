import { holderOf } from '../../events/names.ts';
import type { HostOfShard } from '../directory/directory.ts';
import { appliedShard, type Applied, type AppliedShard } from './applied.ts';

/**
 * Whether a host that is in use, or retired and not emptied yet, may hold what its shard was given: from the moment at which a
 * plan for it was recorded, until it acknowledged that it holds nothing, or a person said that it is gone. Whoever drives hosts may
 * stop at any moment after that, so that what a host acknowledged, or failed to, says nothing of it.
 */
export function mayHoldSomething(applied: Applied, { shard: name, host }: HostOfShard): boolean {
  const { plan, goneHosts } = appliedShard(applied, name);
  return plan > 0 && !goneHosts.has(host);
}

/**
 * VNIs that a host may still have: no other segment may get them. They are the VNIs of all planned networks, and the
 * VNIs of removed networks until every host of the shard has acknowledged the removal. `hostsOf` gives the hosts of a
 * shard; hosts that are to be emptied count too.
 */
export function vnisInUse(applied: Applied, hostsOf: (shard: string) => Iterable<string>): Set<number> {
  const inUse = new Set<number>();
  for (const [name, shard] of applied.shards) {
    if (shard.retired && shard.leavingHosts.size === 0) continue;
    for (const { vni } of shard.set.networks()) inUse.add(vni);
    const hosts = [...hostsOf(name), ...shard.leavingHosts];
    const oldest = Math.min(shard.plan, ...hosts.map((host) => shard.hosts.get(host)?.plan ?? 0));
    for (const [vni, { plan }] of shard.leaving) if (plan > oldest) inUse.add(vni);
  }
  return inUse;
}

/**
 * The ends of a holder (a tenant or an external) whose networks a host of a shard may hold, by what it acknowledged and was
 * told since.
 */
export function* networksHeldBy(
  { set, leaving, hosts }: AppliedShard,
  { host, holder }: { host: string; holder: string },
): Iterable<string> {
  for (const { segment } of set.networksOf(holder)) yield segment;
  const acknowledged = hosts.get(host)?.plan ?? 0;
  for (const { segment, plan } of leaving.values()) {
    if (plan > acknowledged && holderOf(segment) === holder) yield segment;
  }
}
