import type { DomainEvent } from '../../../events/catalogue.ts';
import { SetDigest } from '../../../events/set-digest.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import { isEmpty, type Delta } from '../../overlay/delta.ts';
import { planEvents } from '../../overlay/plan.ts';

/** A plan that leads a shard from its last planned set to another one, by a delta. An empty delta gives no events. */
export function planSet(
  { shard, applied, basis }: { shard: string; applied: AppliedShard; basis: number },
  delta: Delta,
): DomainEvent[] {
  if (isEmpty(delta)) return [];
  const header = {
    shard,
    plan: applied.plan + 1,
    basis,
    before: applied.digest ?? SetDigest.empty().value(),
    after: applied.set.digest().after(delta, applied.objects),
  };
  return planEvents(header, delta);
}
