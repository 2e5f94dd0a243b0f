import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Layer } from '../../../projections/fold/layer.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('set'), key, value: fc.string({ maxLength: 2 }) }) },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('delete'), key }) },
  { weight: 1, arbitrary: fc.constant({ does: 'clear' }) },
  // A layer over what there is so far: the one below must stay as it is from then on.
  { weight: 2, arbitrary: fc.constant({ does: 'lay over' }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function take(map: Map<string, string>, taken: Step): unknown {
  if ('value' in taken) {
    map.set(taken.key, taken.value);
    return map.size;
  }
  if ('key' in taken) return map.delete(taken.key);
  map.clear();
  return map.size;
}

/** Everything that can be asked of a map, in no order. */
function asked(map: ReadonlyMap<string, string>): object {
  const visited: [string, string, boolean][] = [];
  map.forEach((value, name, of) => visited.push([name, value, of === map]));
  const names = ['a', 'b', 'c', 'd', 'e'];
  return {
    size: map.size,
    entries: [...map.entries()].sort(),
    spread: [...map].sort(),
    keys: [...map.keys()].sort(),
    values: [...map.values()].sort(),
    visited: visited.sort(),
    got: names.map((name) => [map.has(name), map.get(name)]),
  };
}

describe('a layer over a map', () => {
  it('is a map like any other, and leaves the one below alone, through any steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let plain = new Map<string, string>();
        let layered: Map<string, string> = new Map();
        const below: { map: ReadonlyMap<string, string>; before: object }[] = [];
        for (const taken of steps) {
          if (taken.does === 'lay over') {
            below.push({ map: layered, before: asked(layered) });
            plain = new Map(plain);
            layered = new Layer(layered);
          } else expect(take(layered, taken)).toEqual(take(plain, taken));
          expect(asked(layered)).toEqual(asked(plain));
        }
        for (const { map, before } of below) expect(asked(map)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the keys of the map below first, in their order, also where their values changed', () => {
    const below = new Map([
      ['x', '1'],
      ['y', '2'],
    ]);
    const layer = new Layer(below).set('w', '3').set('y', '4');
    expect([...layer]).toEqual([
      ['x', '1'],
      ['y', '4'],
      ['w', '3'],
    ]);
  });
});
