import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { quarantineOnly, type Quarantinable } from '../../../projections/intended/quarantine.ts';
import { cutsAmong } from '../../translate/objects.ts';

/** A past set of objects, with the quarantines of now: quarantine is above every grant, also above past ones. */
export function cutOff(
  objects: readonly OverlayObject[],
  { quarantine }: Pick<Intended, 'quarantine'>,
): OverlayObject[] {
  const cuts = cutsAmong(objects, quarantine);
  return [...objectsByKey([...objects, ...cuts]).values()];
}

/** True if a set of objects, by their keys, cuts off every network in it of a tenant, segment or external. */
export function isCutOff(objects: ReadonlyMap<string, OverlayObject>, subject: Quarantinable): boolean {
  return cutsAmong(objects.values(), quarantineOnly(subject)).every((acl) => objects.has(keyOf(acl)));
}
