import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../../../../events/overlay-objects.ts';
import { objectsAfter } from '../../../../../src/overlay/delta.ts';
import { flowChange, type Rewiring } from '../../../../../src/overlay/ovs/pipeline/change.ts';
import { flowsOf, flowsOfUnit } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { flowId, type Flow, type FlowChange } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { unitKey } from '../../../../../src/overlay/ovs/pipeline/unit.ts';
import { unitsOf } from '../../../../../src/overlay/ovs/pipeline/units.ts';
import { Vantage } from '../../../../../src/overlay/ovs/pipeline/vantage.ts';
import type { Wiring } from '../../../../../src/overlay/ovs/pipeline/wiring.ts';
import { objectsByKey } from '../../../../../events/overlay-objects.ts';
import { randomChange, randomSet, randomWiring } from '../../../../support/random-sets.ts';

function after(flows: ReadonlyMap<string, Flow>, { remove, add }: FlowChange): Map<string, Flow> {
  const result = new Map(flows);
  for (const flow of remove) expect(result.delete(flowId(flow))).toBe(true);
  for (const flow of add) result.set(flowId(flow), flow);
  return result;
}

describe('a change of a set', () => {
  it('leads from the flows of the former set to those of the new one', () => {
    fc.assert(
      fc.property(randomChange, randomWiring, randomWiring, ({ objects, change }, before, other) => {
        const touched = new Set(
          [...change.removed, ...change.put.map(keyOf)].map((key) => key.replace(/^binding\//, '')),
        );
        const later: Wiring = {
          portOf: (endpoint) => (touched.has(endpoint) ? other : before).portOf(endpoint),
        };
        const at: Rewiring = { host: 'h1', before, after: later };
        const model = SetModel.of(objects);
        const flows = flowsOf(model, { host: 'h1', wiring: before });
        const changed = after(flows, flowChange(model, change, at));
        const target = [...objectsAfter(objectsByKey(objects), change).values()];
        const anew = flowsOf(SetModel.of(target), { host: 'h1', wiring: later });
        expect(sorted(changed)).toEqual(sorted(anew));
        expect(sorted(flowsOf(model, { host: 'h1', wiring: later }))).toEqual(sorted(anew));
      }),
      { numRuns: 500 },
    );
  });
});

it('gives no two units a flow of one identity', () => {
  fc.assert(
    fc.property(randomSet, randomWiring, (objects, wiring) => {
      const vantage = new Vantage(SetModel.of(objects), { host: 'h1', wiring });
      const units = new Map(Array.from(unitsOf(vantage), (unit) => [unitKey(unit), unit]));
      const owners = new Map<string, string>();
      for (const [key, unit] of units) {
        for (const flow of flowsOfUnit(vantage, unit)) {
          const id = flowId(flow);
          expect([id, owners.get(id) ?? key]).toEqual([id, key]);
          owners.set(id, key);
        }
      }
    }),
  );
});

function sorted(flows: ReadonlyMap<string, Flow>): string[] {
  return Array.from(flows, ([id, { actions }]) => `${id} ${actions}`).sort();
}
