import { canonicalText } from '../../events/canonical.ts';
import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';

/** What leads from one set of objects to another: objects to put (new or changed), keys to remove. */
export interface Delta {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly string[];
}

/** The difference between two sets of objects, whatever their order; sorted by key, so that equal input gives equal output. */
export function deltaOf(before: ReadonlyMap<string, OverlayObject>, after: Iterable<OverlayObject>): Delta {
  const desired = new Map(Array.from(after, (object) => [keyOf(object), object]));
  const put = [...desired]
    .filter(([key, object]) => !same(before.get(key), object))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);
  return { put, removed: [...before.keys()].filter((key) => !desired.has(key)).sort() };
}

export function isEmpty({ put, removed }: Delta): boolean {
  return put.length === 0 && removed.length === 0;
}

function same(before: OverlayObject | undefined, after: OverlayObject): boolean {
  return before !== undefined && canonicalText(before) === canonicalText(after);
}
