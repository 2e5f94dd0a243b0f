import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Driving } from './drive-host.ts';
import { driftedHosts, isSeenWhole, toldDrifts, type Readings, type ToldDrift } from './read-hosts.ts';
import { driftOf, withOlderPlans } from './record-drift.ts';

/**
 * Records where hosts do not hold what they acknowledged, unless the ledger says so already, and notes which were seen whole. Returns
 * the hosts that had drifted. `closed`: by host, the bypass that was known to be closed there before it was read.
 */
export async function recordFound(
  { ledger, shard, appends, seen, seenSince }: Driving,
  on: { readings: Readings; applied: AppliedShard; readAt: string; closed: ReadonlyMap<string, number> },
): Promise<readonly ToldDrift[]> {
  const { readings, readAt, closed } = on;
  const applied = await withOlderPlans(ledger, { shard, applied: on.applied, readings });
  const told = toldDrifts(applied, driftedHosts(applied, readings));
  const drifted = new Set(told.map(({ host }) => host));
  for (const [host, reading] of readings)
    if (!drifted.has(host) && isSeenWhole(reading)) {
      const bypass = closed.get(host);
      seen.set(host, readAt);
      if (bypass !== undefined) seenSince.set(host, bypass);
    }
  for (const one of told)
    if (one.isNew) await appends.append(await driftOf(ledger, { shard, applied, drifted: one }));
  return told;
}
