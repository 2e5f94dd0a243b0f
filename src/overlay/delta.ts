import { canonicalText } from '../../events/codec/canonical.ts';
import { keyOf, objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import type { SetChange } from '../../events/set-digest.ts';

/** The step from one set of objects to another: objects to put (new or changed), and keys to remove. */
export type Delta = SetChange;

/**
 * The difference between two sets of objects, whatever their order. It is sorted by key: equal sets give equal
 * deltas.
 */
export function deltaOf(before: ReadonlyMap<string, OverlayObject>, after: Iterable<OverlayObject>): Delta {
  const desired = objectsByKey(after);
  return deltaAt(new Set([...before.keys(), ...desired.keys()]), { before, after: desired });
}

/** The difference between two sets at some keys, sorted by key. */
export function deltaAt(
  keys: Iterable<string>,
  { before, after }: { before: Objects; after: Objects },
): Delta {
  const differing = [...keys].filter((key) => differsAt(key, { before, after })).sort();
  return {
    put: differing.map((key) => after.get(key)).filter((object) => object !== undefined),
    removed: differing.filter((key) => after.get(key) === undefined),
  };
}

/** The set that a delta makes of another one, by key. */
export function objectsAfter(
  before: ReadonlyMap<string, OverlayObject>,
  { put, removed }: Delta,
): ReadonlyMap<string, OverlayObject> {
  if (isEmpty({ put, removed })) return before;
  const after = new Map(before);
  for (const key of removed) after.delete(key);
  for (const object of put) after.set(keyOf(object), object);
  return after;
}

/** A set of objects, looked up by key. */
export type Objects = Pick<ReadonlyMap<string, OverlayObject>, 'get'>;

export function differsAt(key: string, { before, after }: { before: Objects; after: Objects }): boolean {
  const [old, now] = [before.get(key), after.get(key)];
  if (old === undefined || now === undefined) return old !== now;
  // What is alike to the last member is most of a set, and is told several times as fast without writing it down.
  return !isAlike(old, now) && canonicalText(old) !== canonicalText(now);
}

/** True only of values with the same JSON form. Those with a member that is undefined are not told to be alike. */
function isAlike(one: unknown, other: unknown): boolean {
  if (one === other) return one !== undefined;
  if (!isComposite(one) || !isComposite(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (Object.keys(other).length !== names.length) return false;
  return names.every((name) => isAlike(one[name], other[name]));
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export function isEmpty({ put, removed }: Delta): boolean {
  return put.length === 0 && removed.length === 0;
}
