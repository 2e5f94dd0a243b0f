import { digestOfObjects, objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import { SetDigest } from '../../events/set-digest.ts';
import type { ExpectedSet, HostChange } from '../../src/overlay/port.ts';

/** A set under the number of a plan, and the digests of a ledger's plans where it matters. */
export interface Target extends Pick<HostChange, 'plan' | 'history'> {
  /** Order says nothing, and of two objects with one key the later counts. */
  readonly objects: readonly OverlayObject[];
}

/** The change that gives a host a whole set, whatever it holds. */
export function wholeSet({ plan, objects, ...history }: Target): HostChange {
  const digest = digestOfObjects(objects);
  const size = objectsByKey(objects).size;
  return { from: 'anything', plan, digest, objects: size, put: objects, removed: [], ...history };
}

export function expectedSet(objects: readonly OverlayObject[]): ExpectedSet {
  return { objects: objectsByKey(objects), digest: SetDigest.of(objects) };
}

export const nothingExpected = expectedSet([]);
