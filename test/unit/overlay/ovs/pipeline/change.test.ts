import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, objectsByKey, type OverlayObject } from '../../../../../events/overlay-objects.ts';
import { objectsAfter, type Delta } from '../../../../../src/overlay/delta.ts';
import { flowChange, type Rewiring } from '../../../../../src/overlay/ovs/pipeline/change.ts';
import { eachFlow, flowsOf, flowsOfUnit } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { flowId, type Flow, type FlowChange } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { unitKey } from '../../../../../src/overlay/ovs/pipeline/unit.ts';
import { unitsOf } from '../../../../../src/overlay/ovs/pipeline/units.ts';
import { Vantage } from '../../../../../src/overlay/ovs/pipeline/vantage.ts';
import type { Wiring } from '../../../../../src/overlay/ovs/pipeline/wiring.ts';
import { wiringFor } from '../../../../support/switch-wiring.ts';
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

it('compiles each unit once, and each flow', () => {
  fc.assert(
    fc.property(randomSet, randomWiring, (objects, wiring) => {
      const model = SetModel.of(objects);
      const at = { host: 'h1', wiring };
      const units = Array.from(unitsOf(new Vantage(model, at)), unitKey);
      expect(units).toHaveLength(new Set(units).size);
      expect([...eachFlow(model, at)]).toHaveLength(flowsOf(model, at).size);
    }),
    { numRuns: 500 },
  );
});

function sorted(flows: ReadonlyMap<string, Flow>): string[] {
  return Array.from(flows, ([id, { actions }]) => `${id} ${actions}`).sort();
}

it('follows a cut of everyone from everyone', () => {
  const shape = { kind: 'binding', interface: 'tap', mac: '02:00:00:00:01:01', host: 'h1' } as const;
  const objects: OverlayObject[] = [
    { kind: 'network', vni: 1, segment: 't/web' },
    { kind: 'network', vni: 2, segment: 't/db' },
    { ...shape, endpoint: 't/e1', vni: 1, ips: ['10.0.0.1'] },
    { ...shape, endpoint: 't/e2', vni: 2, ips: ['10.0.0.2'] },
    { kind: 'route', from: 1, to: 2 },
    { kind: 'route', from: 2, to: 1 },
  ];
  const cut: OverlayObject = {
    ...{ kind: 'acl', id: 'f'.repeat(24), side: 'egress', from: '*', to: '*' },
    ...{ protocol: 'any', action: 'deny', tier: 'quarantine' },
  };
  const wiring = wiringFor(objects);
  const at = { host: 'h1', before: wiring, after: wiring };
  const { add } = flowChange(SetModel.of(objects), { put: [cut], removed: [] }, at);
  // The own tenant goes on, both ways.
  expect(add.map(({ match }) => match).sort()).toEqual([
    'reg0=0x1,reg1=0x2,reg2=0x1/0x1',
    'reg0=0x2,reg1=0x1,reg2=0x1/0x1',
    'reg2=0x1/0x1',
  ]);
});

describe('what a change costs', () => {
  /** Tenants with two segments on two hosts, each of which may reach one service of all. */
  function tenants(count: number): OverlayObject[] {
    const hosts = ['h1', 'h2'].map((host, index) => ({
      kind: 'host' as const,
      host,
      tunnelIp: `172.31.0.${String(index + 1)}`,
      tunnel: 'vxlan' as const,
    }));
    const binding = { kind: 'binding', interface: 'tap', mac: '02:00:00:00:01:01' } as const;
    const tenantObjects = Array.from({ length: count }, (_, index): OverlayObject[] => {
      const [tenant, vni] = [`t${String(index)}`, 1000 + 2 * index];
      const end = (name: string): string => `${tenant}/${name}`;
      const id = index.toString(16).padStart(23, '0');
      const rule = { kind: 'acl', from: end('web'), to: end('db'), action: 'allow', tier: 'grant' } as const;
      return [
        { kind: 'network', vni, segment: end('web') },
        { kind: 'network', vni: vni + 1, segment: end('db') },
        { ...binding, endpoint: end('e1'), vni, host: 'h1', ips: ['10.0.0.1'] },
        { ...binding, endpoint: end('e2'), vni: vni + 1, host: 'h2', ips: ['10.0.0.2'] },
        { kind: 'route', from: vni, to: vni + 1 },
        { kind: 'route', from: vni + 1, to: vni },
        { ...rule, id: `${id}0`, side: 'egress', protocol: 'tcp', ports: [[5432, 5432]] },
        { ...rule, id: `${id}1`, side: 'ingress', protocol: 'tcp', ports: [[5432, 5432]] },
      ];
    });
    return [...hosts, ...tenantObjects.flat()];
  }

  const cut = { kind: 'acl', protocol: 'any', action: 'deny', tier: 'quarantine' } as const;

  it.each<[string, Delta]>([
    ['a grant that goes', { put: [], removed: [`acl/${'0'.repeat(24)}`] }],
    [
      'a quarantine',
      {
        put: [
          { ...cut, id: 'f'.repeat(24), side: 'egress', from: 't0/web', to: '*' },
          { ...cut, id: 'e'.repeat(24), side: 'ingress', from: '*', to: 't0/web' },
        ],
        removed: [],
      },
    ],
    ['an endpoint that goes', { put: [], removed: ['binding/t0/e1'] }],
    ['a route that goes', { put: [], removed: ['route/1000/1001'] }],
    ['a network that goes', { put: [], removed: ['network/1000/t0/web'] }],
  ])('is what it concerns, however much there is beside it: %s', (_, change) => {
    const costs = [10, 200].map((count) => {
      const objects = tenants(count);
      const wiring = wiringFor(objects);
      const compiled = flowChange(SetModel.of(objects), change, {
        host: 'h1',
        before: wiring,
        after: wiring,
      });
      return { units: compiled.units, flows: compiled.add.length + compiled.remove.length };
    });
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]?.flows).toBeGreaterThan(0);
    expect(costs[0]?.units).toBeLessThan(25);
  });
});

it('takes as many flows for a grant as it has ports and peers, and not as many as both make together', () => {
  const flowsFor = (peers: number, ports: number): number => {
    const rule = { kind: 'acl', side: 'egress', protocol: 'tcp', action: 'allow', tier: 'grant' } as const;
    const objects: OverlayObject[] = [
      { kind: 'network', vni: 1, segment: 't/web' },
      {
        kind: 'binding',
        endpoint: 't/e',
        vni: 1,
        host: 'h1',
        interface: 'tap',
        mac: '02:00:00:00:01:01',
        ips: [],
      },
      ...Array.from({ length: peers }, (_, index): OverlayObject[] => [
        { kind: 'network', vni: 100 + index, segment: `p/s${String(index)}` },
        {
          ...rule,
          id: index.toString(16).padStart(24, '0'),
          from: 't/web',
          to: `p/s${String(index)}`,
          ports: Array.from({ length: ports }, (__, port) => [2 * port + 1, 2 * port + 1]),
        },
      ]).flat(),
    ];
    return flowsOf(SetModel.of(objects), { host: 'h1', wiring: wiringFor(objects) }).size;
  };
  const none = flowsFor(0, 1);
  for (const [peers, ports] of [
    [1, 1],
    [10, 1],
    [1, 10],
    [10, 100],
    [100, 100],
  ] as const)
    expect(flowsFor(peers, ports) - none).toBe(peers + ports);
});
