import type { DomainEvent } from '../../../events/catalogue.ts';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Quarantine } from '../../../projections/intended/quarantine.ts';
import type { Delta } from '../../overlay/delta.ts';
import { restrictionsIn } from '../../overlay/restrictions.ts';
import { cutsAmong } from '../../translate/objects.ts';
import { planSet } from './plan-set.ts';

/**
 * The part of a shard's delta that only takes away, as a plan of its own. It is driven before anything is added, and
 * waits for nothing. No events if there is no such part.
 */
export function planRestrictions(
  delta: Delta,
  on: { shard: string; applied: AppliedShard; basis: number; quarantine: Quarantine },
): readonly DomainEvent[] {
  const restrictions = restrictionsOn(on.applied.objects, { delta, quarantine: on.quarantine });
  return planSet(on, restrictions);
}

/**
 * The part of a delta that only takes away. A network that is to leave stays for now: in the next set it has no
 * quarantine acls, so that its cut is added here.
 */
export function restrictionsOn(
  before: ReadonlyMap<string, OverlayObject>,
  { delta, quarantine }: { delta: Delta; quarantine: Quarantine },
): Delta {
  const { put, removed } = restrictionsIn(before, delta);
  const leaving = delta.removed.map((key) => before.get(key)).filter((object) => object !== undefined);
  const cuts = cutsAmong(leaving, quarantine).filter((acl) => !before.has(keyOf(acl)));
  return { put: sortedByKey([...put, ...cuts]), removed };
}

function sortedByKey(objects: readonly OverlayObject[]): OverlayObject[] {
  const byKey = objectsByKey(objects);
  return [...byKey.keys()]
    .sort()
    .map((key) => byKey.get(key))
    .filter((object) => object !== undefined);
}
