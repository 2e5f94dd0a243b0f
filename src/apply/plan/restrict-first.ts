import type { DomainEvent } from '../../../events/catalogue.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Delta } from '../../overlay/delta.ts';
import { restrictionsIn } from '../../overlay/restrictions.ts';
import { lackingCuts, type Now } from './cut-off.ts';
import { planSet } from './plan-set.ts';
import { sortedByKey } from './sorted-by-key.ts';

/**
 * The part of a shard's delta that only takes away, as a plan of its own. It is driven before anything is added, and
 * waits for nothing. No events if there is no such part.
 */
export function planRestrictions(
  delta: Delta,
  on: { shard: string; applied: AppliedShard; basis: number; intended: Now },
): readonly DomainEvent[] {
  return planSet(on, restrictionsOn(on.applied, { delta, intended: on.intended }));
}

/**
 * The part of a delta that only takes away, with all that cuts off who is in quarantine: a network that is to leave stays for now,
 * and has no quarantine acls in the next set; and so does a port in the network of its former holder.
 */
export function restrictionsOn(
  { set }: AppliedShard,
  { delta, intended }: { delta: Delta; intended: Now },
): Delta {
  const { put, removed } = restrictionsIn(set.objects, delta);
  const cuts = lackingCuts(set, intended);
  return {
    put: sortedByKey([...put, ...cuts.put]),
    removed: [...new Set([...removed, ...cuts.removed])].sort(),
  };
}
