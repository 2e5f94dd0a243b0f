import { describe, expect, it } from 'vitest';
import type { DomainEvent, EventData } from '../../../events/catalogue.ts';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { deltaOf } from '../../../src/overlay/delta.ts';
import { driftEvents, type Drift } from '../../../src/overlay/drift.ts';
import { ForeignState } from '../../../src/runtime/errors.ts';
import { foundTextMax } from '../../../src/runtime/found-text.ts';

const network = (vni: number): OverlayObject => ({ kind: 'network', vni, segment: `a/s${String(vni)}` });
const held = [network(1), network(2)];

/** What is recorded where a host that acknowledged plan 3, with networks 1 and 2, is found like that. */
function drift(found: Drift): EventData<'DriftDetected'>[] {
  const expected = { shard: 'east', host: 'hv-1', plan: 3, expected: digestOfObjects(held) };
  return driftEvents(expected, found).flatMap((event: DomainEvent) =>
    event.type === 'DriftDetected' ? [event.data] : [],
  );
}

function holding(objects: readonly OverlayObject[]): Drift {
  return { kind: 'objects', digest: digestOfObjects(objects), delta: deltaOf(objectsByKey(held), objects) };
}

const header = { shard: 'east', host: 'hv-1', plan: 3, expected: digestOfObjects(held) };

describe('what was found at a host in place of what it acknowledged', () => {
  it('is nothing', () => {
    expect(drift({ kind: 'nothing' })).toEqual([{ ...header, found: 'nothing', put: [], removed: [] }]);
  });

  it('is something that cannot be read, and why', () => {
    expect(drift({ kind: 'unreadable', problem: 'seven bytes' })).toEqual([
      { ...header, found: 'unreadable', problem: 'seven bytes', put: [], removed: [] },
    ]);
  });

  it("is another ledger's objects, whose", () => {
    expect(drift({ kind: 'foreign', fault: new ForeignState('hv-1', 'ledger-9') })).toEqual([
      { ...header, found: 'foreign', problem: 'objects of ledger ledger-9', put: [], removed: [] },
    ]);
  });

  it('is told in a text that an event can hold, whatever stands at the host', () => {
    const problems = ['\ud800', 'x'.repeat(100_000)].flatMap((found) => [
      ...drift({ kind: 'unreadable', problem: found }),
      ...drift({ kind: 'foreign', fault: new ForeignState('hv-1', found) }),
    ]);
    expect(problems.map(({ problem }) => problem)).toEqual([
      '\ufffd',
      'objects of ledger \ufffd',
      `${'x'.repeat(foundTextMax - 1)}…`,
      expect.stringMatching(/^objects of ledger x{199}…$/),
    ]);
  });

  it('is another set, exactly: what is there too much or otherwise, and what is not there', () => {
    const found = [network(2), network(3)];
    expect(drift(holding(found))).toEqual([
      {
        ...header,
        ...{ found: 'objects', digest: digestOfObjects(found) },
        ...{ put: [network(3)], removed: [keyOf(network(1))] },
      },
    ]);
  });

  it('is the same set under the number of a plan that was never driven there', () => {
    expect(drift(holding(held.toReversed()))).toEqual([
      { ...header, found: 'objects', digest: digestOfObjects(held), put: [], removed: [] },
    ]);
  });

  it('is dealt out to several events of one batch where it is large, each with the digest of the whole', () => {
    const many = Array.from({ length: 3000 }, (_, index) => network(index + 10));
    const parts = drift(holding(many));
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map(({ digest }) => digest))).toEqual(new Set([digestOfObjects(many)]));
    expect(digestOfObjects(parts.flatMap(({ put }) => put))).toBe(digestOfObjects(many));
    expect(parts.flatMap(({ removed }) => removed)).toEqual(held.map(keyOf));
  });
});
