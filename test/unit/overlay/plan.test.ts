import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { deltaOf, isEmpty, objectsAfter } from '../../../src/overlay/delta.ts';
import { partBytesMax } from '../../../events/codec/parts.ts';
import { planEvents } from '../../../src/overlay/plan.ts';

const binding = fc
  .record({ endpoint: fc.constantFrom('t/a', 't/b', 't/c'), vni: fc.integer({ min: 1, max: 3 }) })
  .map(({ endpoint, vni }): OverlayObject => ({
    kind: 'binding',
    endpoint,
    vni,
    host: 'h',
    interface: 'i',
    ips: [],
  }));
const objects = fc.uniqueArray(binding, { selector: keyOf, maxLength: 3 });

describe('delta', () => {
  it('leads from one set to the other, and from a set to itself is empty', () => {
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        const { put, removed } = deltaOf(objectsByKey(before), after);
        expect(objectsAfter(objectsByKey(before), { put, removed })).toEqual(objectsByKey(after));
        expect(isEmpty(deltaOf(objectsByKey(after), after.toReversed()))).toBe(true);
        expect(deltaOf(objectsByKey(before.toReversed()), after.toReversed())).toEqual({ put, removed });
      }),
    );
  });

  it('takes a member that is undefined for one that is not there, and tells any other difference', () => {
    const acl = { kind: 'acl', id: 'a', side: 'egress', from: 't/a', to: 't/b', protocol: 'tcp' } as const;
    const bare: OverlayObject = { ...acl, action: 'allow', tier: 'grant' };
    const one: OverlayObject = { ...bare, ports: [[80, 90]] };
    const deltaTo = (before: OverlayObject, after: OverlayObject): number =>
      deltaOf(objectsByKey([before]), [after]).put.length;
    expect(deltaTo({ ...bare, ports: undefined }, bare)).toBe(0);
    expect(deltaTo(one, { ...bare, ports: [[80, 90]] })).toBe(0);
    for (const ports of [
      undefined,
      [[80, 91]],
      [
        [80, 90],
        [95, 95],
      ],
    ] satisfies (typeof one.ports)[])
      expect(deltaTo(one, { ...bare, ports })).toBe(1);
    expect(deltaTo({ ...bare, ports: undefined }, one)).toBe(1);
  });
});

describe('a plan as events', () => {
  const header = { shard: 's', plan: 1, basis: 0, before: '0'.repeat(64), after: '1'.repeat(64) };

  it('holds every object and key once, in parts that stay below an entry', () => {
    const put = Array.from({ length: 2000 }, (_, n): OverlayObject => ({
      kind: 'network',
      vni: n + 1,
      segment: `tenant-${n}/s`,
    }));
    const removed = Array.from({ length: 1000 }, (_, n) => `route/${n + 1}/${n + 2}`);
    const events = planEvents(header, { put, removed });
    const parts = events.flatMap((event) => (event.type === 'ChangePlanned' ? [event.data] : []));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap((part) => part.put)).toEqual(put);
    expect(parts.flatMap((part) => part.removed)).toEqual(removed);
    for (const part of parts) expect(canonicalBytes(part).length).toBeLessThan(partBytesMax + 500);
  });

  it('is no event where there is nothing to do', () => {
    expect(planEvents(header, { put: [], removed: [] })).toEqual([]);
  });
});
