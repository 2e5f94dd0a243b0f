import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { PlannedSet } from '../../../projections/applied/planned-set.ts';

const object = fc
  .record({ vni: fc.integer({ min: 1, max: 6 }), segment: fc.constantFrom('a/s', 'a/t', 'b/s') })
  .map(({ vni, segment }): OverlayObject => ({ kind: 'network', vni, segment }))
  .chain((value) =>
    fc.constantFrom<OverlayObject>(
      value,
      { kind: 'qos', endpoint: keyOf(value), egress: '1' },
      { kind: 'qos', endpoint: keyOf(value), egress: '2' },
    ),
  );
const objects = fc.array(object, { maxLength: 12 });
const step = fc.record({ put: objects, removed: fc.array(object.map(keyOf), { maxLength: 6 }) });

function after(
  set: ReadonlyMap<string, OverlayObject>,
  { put, removed }: { put: OverlayObject[]; removed: string[] },
) {
  const next = new Map(set);
  for (const key of removed) next.delete(key);
  for (const value of put) next.set(keyOf(value), value);
  return next;
}

describe('what a shard was to hold where its set was kept', () => {
  it('is told later, whatever was planned since', () => {
    fc.assert(
      fc.property(objects, step, fc.array(step, { maxLength: 4 }), (kept, desired, since) => {
        const planned = PlannedSet.ofObjects(kept);
        planned.leadOnTo({ ...desired, at: '2026-03-01T12:00:00.000Z' });
        for (const { put, removed } of since) {
          for (const key of removed) planned.remove(key);
          for (const value of put) planned.put(value);
        }
        const told = planned.desired?.objects(planned.objects);
        expect(told).toEqual(after(objectsByKey(kept), desired));
        for (const key of [...planned.objects.keys(), 'qos/nobody'])
          expect(planned.desired?.at(key, planned.objects)).toEqual(told?.get(key));
        const keys = new Set(planned.desired?.differing());
        for (const [key, value] of objectsByKey(kept))
          if (!keys.has(key)) expect(told?.get(key)).toEqual(value);
      }),
    );
  });

  it('is given up once most of a large set was touched', () => {
    const networks = Array.from({ length: 600 }, (_, vni): OverlayObject => ({
      kind: 'network',
      vni,
      segment: 'a/s',
    }));
    const planned = PlannedSet.ofObjects(networks);
    planned.leadOnTo({ put: [], removed: [], at: '2026-03-01T12:00:00.000Z' });
    for (const network of networks.slice(0, 299)) planned.put({ ...network });
    expect(planned.desired?.touched).toBe(299);
    for (const network of networks.slice(0, 302)) planned.put({ ...network });
    expect(planned.desired).toBeUndefined();
  });
});
