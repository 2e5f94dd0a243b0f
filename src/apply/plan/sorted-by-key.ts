import { objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';

/** Objects in the order of their keys, each key once. */
export function sortedByKey(objects: readonly OverlayObject[]): OverlayObject[] {
  const byKey = objectsByKey(objects);
  return [...byKey.keys()]
    .sort()
    .map((key) => byKey.get(key))
    .filter((object) => object !== undefined);
}
