import type { DomainEvent } from '../../../events/catalogue.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Delta } from '../../overlay/delta.ts';
import { restrictionsIn } from '../../overlay/restrictions.ts';
import { planSet } from './plan-set.ts';

/**
 * The part of a shard's delta that only takes away, as a plan of its own. It is driven before anything is added, and
 * waits for nothing. No events if there is no such part.
 */
export function planRestrictions(
  delta: Delta,
  on: { shard: string; applied: AppliedShard; basis: number },
): readonly DomainEvent[] {
  const restrictions = restrictionsIn(on.applied.objects, delta);
  return planSet(on, { delta: restrictions, after: () => carriedOut(on.applied.objects, restrictions) });
}

function carriedOut(
  before: ReadonlyMap<string, OverlayObject>,
  { put, removed }: Delta,
): Iterable<OverlayObject> {
  const after = new Map(before);
  for (const key of removed) after.delete(key);
  for (const object of put) after.set(keyOf(object), object);
  return after.values();
}
