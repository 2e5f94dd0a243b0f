import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { deltaAt } from '../delta.ts';
import type { ExpectedSet, HostReading } from '../port.ts';
import type { HostSet } from './host-set.ts';

type KeyedObjects = ReadonlyMap<string, OverlayObject>;

/** What was found at a host, against what was expected there. An object of a known line is the expected one itself. */
export function comparedWith(
  expected: ExpectedSet,
  { mark: { plan, digest }, objects }: HostSet,
): HostReading {
  const delta = deltaAt(unlike(expected.objects, objects), { before: expected.objects, after: objects });
  return {
    kind: 'objects',
    mark: { plan, digest },
    digest: expected.digest.after(delta, expected.objects),
    objects: objects.size,
    delta,
  };
}

/** The keys at which two sets have not the very same object. */
function unlike(before: KeyedObjects, after: KeyedObjects): string[] {
  const keys = Array.from(before.keys()).filter((key) => before.get(key) !== after.get(key));
  return keys.concat(Array.from(after.keys()).filter((key) => !before.has(key)));
}
