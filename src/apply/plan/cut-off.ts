import { objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import { cutsAmong } from '../../translate/objects.ts';

/** A past set of objects, with the quarantines of now: quarantine is above every grant, also above past ones. */
export function cutOff(
  objects: readonly OverlayObject[],
  intended: Pick<Intended, 'quarantined'>,
): OverlayObject[] {
  const cuts = cutsAmong(objects, intended);
  return [...objectsByKey([...objects, ...cuts]).values()];
}
