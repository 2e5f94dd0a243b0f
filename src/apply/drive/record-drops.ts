import type { DomainEvent } from '../../../events/catalogue.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { dropsEvents } from '../../overlay/drops.ts';
import type { Driving } from './drive-host.ts';
import { readCounters } from './read-counters.ts';
import { readHosts, type Readings } from './read-hosts.ts';

type HowToRead = Parameters<typeof readHosts>[2];

/**
 * Reads hosts as readHosts does; and beside that, so that it takes no longer, the counters of dropped packets of those that are read
 * whole. A change that comes after it may begin them anew. `dropped` is what is to be recorded of it.
 */
export async function readAndCount(
  driving: Pick<Driving, 'driver' | 'shard'>,
  hosts: readonly string[],
  of: HowToRead & { readonly readAt: string },
): Promise<{ readings: Readings; dropped: readonly DomainEvent[] }> {
  const [readings, dropped] = await Promise.all([
    readHosts(driving.driver, hosts, of),
    readDrops(driving, hosts.filter(of.isWhole), of),
  ]);
  return { readings, dropped };
}

/** Of counters that cannot be read nothing is told: they are read the next time, and why the host is away tells its reading. */
async function readDrops(
  { driver, shard }: Pick<Driving, 'driver' | 'shard'>,
  hosts: readonly string[],
  { applied, readAt }: { applied: AppliedShard; readAt: string },
): Promise<DomainEvent[]> {
  const counted = await readCounters(driver, hosts, applied);
  return Array.from(counted).flatMap(([host, counters]) => {
    if (counters.kind === 'unread') return [];
    return dropsEvents({ shard, host, readAt }, applied.drops.get(host), counters.counts);
  });
}
