import { digestOfObjects, objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import { SetDigest } from '../../events/set-digest.ts';
import { deltaOf } from '../../src/overlay/delta.ts';
import type { ExpectedSet, HostChange, Mark } from '../../src/overlay/port.ts';

/** A set under the number of a plan, and the digests of a ledger's plans where it matters. */
export interface Target extends Pick<HostChange, 'plan' | 'history'> {
  /** Order says nothing, and of two objects with one key the later counts. */
  readonly objects: readonly OverlayObject[];
}

/** The change that gives a host a whole set, whatever it holds. */
export function wholeSet({ plan, objects, ...history }: Target): HostChange {
  const after = objectsByKey(objects);
  const mark = { plan, digest: digestOfObjects(objects), objects: after.size };
  return { from: 'anything', ...mark, put: objects, removed: [], after, former: new Map(), ...history };
}

/** The change that leads from the set of one plan to that of another. */
export function step(from: Target, to: Target): HostChange {
  const before = objectsByKey(from.objects);
  const delta = deltaOf(before, to.objects);
  const touched = [...delta.removed, ...objectsByKey(delta.put).keys()];
  const former = new Map(touched.map((key) => [key, before.get(key)]));
  return { ...wholeSet(to), ...delta, former, from: markOf(from) };
}

export function markOf({ plan, objects }: Target): Mark {
  return { plan, digest: digestOfObjects(objects) };
}

/** A set to compare a host with. `at` knows the sets of earlier plans; none unless it is given. */
export function expectedSet(
  objects: readonly OverlayObject[],
  at: ExpectedSet['at'] = () => undefined,
): ExpectedSet {
  return { objects: objectsByKey(objects), digest: SetDigest.of(objects), at };
}

export const nothingExpected = expectedSet([]);
