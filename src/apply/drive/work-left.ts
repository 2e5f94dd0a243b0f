import { appliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { courseOf, emptiesRetired, planOn } from '../plan/course.ts';

/**
 * True if the ledger says of a shard that something is left to be done: its last plan is not what the events ask for, or a host
 * has not acknowledged it, drifted since, or is to be emptied. No host is asked.
 */
export function isWorkLeft(
  shard: string,
  { estate, now }: { estate: Projected<Estate>; now: string },
): boolean {
  const { intended } = estate.state;
  const applied = appliedShard(estate.state.applied, shard);
  const course = courseOf(applied, undefined);
  if (emptiesRetired(course, undefined) && applied.leavingHosts.size > 0) return true;
  if (planOn(course, { shard, now, estate, extent: 'everything' }).length > 0) return true;
  const { plan, hosts, failed, drifted } = applied;
  if (plan === 0) return false;
  const isDone = (host: string): boolean =>
    hosts.get(host)?.plan === plan && !failed.has(host) && !drifted.has(host);
  return !hostsOfShard(intended.directory, shard).every(isDone);
}
