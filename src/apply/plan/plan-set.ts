import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Delta } from '../../overlay/delta.ts';
import { planEvents } from '../../overlay/plan.ts';

/** A plan that leads a shard from its last planned set to another one, by a delta. An empty delta gives no events. */
export function planSet(
  { shard, applied, basis }: { shard: string; applied: AppliedShard; basis: number },
  { delta, after }: { delta: Delta; after: () => Iterable<OverlayObject> },
): DomainEvent[] {
  if (delta.put.length === 0 && delta.removed.length === 0) return [];
  const header = {
    shard,
    plan: applied.plan + 1,
    basis,
    before: applied.digest ?? digestOfObjects([]),
    after: digestOfObjects(after()),
  };
  return planEvents(header, delta);
}
