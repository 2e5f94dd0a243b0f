import { appliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import {
  courseOf,
  emptiesRetired,
  extentsOf,
  planOn,
  type PastState,
  type TakingAway,
} from '../plan/course.ts';

/** What the work of an applier is judged on. */
interface WorkOn {
  readonly estate: Projected<Estate>;
  readonly now: string;
  /** As in a round. */
  readonly only?: TakingAway | undefined;
  readonly past?: PastState | undefined;
}

/**
 * True if the ledger says of a shard that something is left to be done: its last plan is not what the events ask for, or a host
 * has not acknowledged it, drifted since, or is to be emptied. No host is asked.
 */
export function isWorkLeft(shard: string, on: WorkOn): boolean {
  const { estate, now, only, past } = on;
  const applied = appliedShard(estate.state.applied, shard);
  const course = courseOf(applied, past);
  if (emptiesRetired(course, only) && applied.leavingHosts.size > 0) return true;
  const extents = extentsOf(course, only);
  if (extents.some((extent) => planOn(course, { shard, now, estate, extent }).events.length > 0)) return true;
  return hostsLeft(shard, on).length > 0;
}

/** The hosts of a shard that have not acknowledged its last plan, or have drifted since. Of retired ones, none. */
export function hostsLeft(shard: string, { estate }: Pick<WorkOn, 'estate'>): string[] {
  const { plan, hosts, failed, drifted } = appliedShard(estate.state.applied, shard);
  if (plan === 0) return [];
  const isDone = (host: string): boolean =>
    hosts.get(host)?.plan === plan && !failed.has(host) && !drifted.has(host);
  return hostsOfShard(estate.state.intended.directory, shard).filter((host) => !isDone(host));
}
