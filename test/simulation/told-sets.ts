import { isDeepStrictEqual } from 'node:util';
import { digestOfObjects, keyOf } from '../../events/overlay-objects.ts';
import { isSameMark } from '../../src/overlay/fence.ts';
import type { ExpectedSet, HostChange } from '../../src/overlay/port.ts';
import type { HostState } from '../doubles/memory-overlay.ts';
import { Broken } from './failures.ts';

/**
 * What a driver is told of sets, against what a host holds that has the set of its mark: the set that a change leads to, what it
 * replaces, and the set of the host's mark. A driver whose hosts hold only a part relies on it.
 */
export function requireChangeTold(state: HostState | undefined, change: HostChange): void {
  const { after, former, from, put, removed } = change;
  const what = `the change to plan ${String(change.plan)}`;
  if (digestOfObjects(after.values()) !== change.digest) throw new Broken(`${what} does not tell its set`);
  if (state === undefined || typeof from === 'string' || !isSameMark(state.mark, from)) return;
  if (!holdsItsSet(state)) return;
  const touched = new Set([...removed, ...put.map(keyOf)]);
  const isTold = [...touched].every(
    (key) => former.has(key) && isDeepStrictEqual(former.get(key), state.objects.get(key)),
  );
  if (!isTold || former.size !== touched.size) throw new Broken(`${what} does not tell what it replaces`);
}

/** Whether the set of the host's mark was known. */
export function requireSetTold(state: HostState, expected: ExpectedSet): boolean {
  const { mark, objects } = state;
  const told = expected.at(mark);
  if (told === undefined) return false;
  const isSame =
    told.objects.size === objects.size &&
    [...told.objects].every(([key, object]) => isDeepStrictEqual(object, objects.get(key)));
  if (!isSame && holdsItsSet(state))
    throw new Broken(`another set than that of plan ${String(mark.plan)} was told`);
  return true;
}

/** A driver with a bug may have left something else there: that is for others to find. */
function holdsItsSet({ mark, objects }: HostState): boolean {
  return digestOfObjects(objects.values()) === mark.digest;
}
