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

/**
 * The hosts of a shard that have not acknowledged its last plan, have drifted since, or were changed by hand and not seen whole since
 * that ended. While one is changed by hand, what was found there is left. Of retired ones, none.
 */
export function hostsLeft(shard: string, { estate }: Pick<WorkOn, 'estate'>): string[] {
  const { plan, hosts, failed, drifted, bypasses } = appliedShard(estate.state.applied, shard);
  if (plan === 0) return [];
  const { open, closed } = bypasses;
  const isSound = (host: string): boolean =>
    open.has(host) || (!failed.has(host) && !drifted.has(host) && !closed.has(host));
  const isDone = (host: string): boolean => hosts.get(host)?.plan === plan && isSound(host);
  return hostsOfShard(estate.state.intended.directory, shard).filter((host) => !isDone(host));
}
