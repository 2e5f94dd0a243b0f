import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, objectsByKey, type OverlayObject } from '../../../../../events/overlay-objects.ts';
import { objectsAfter, type Delta } from '../../../../../src/overlay/delta.ts';
import { flowsOf } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { differenceOf, type Flow } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { observedChange } from '../../../../../src/overlay/ovs/pipeline/observed.ts';
import type { HostWiring } from '../../../../../src/overlay/ovs/pipeline/vantage.ts';
import { hostsOfTown, objectsFor, type TownState } from '../../../../contract/driver/town.ts';
import { randomChange, randomWiring } from '../../../../support/random-sets.ts';
import { wiringFor } from '../../../../support/switch-wiring.ts';

const atFirst = (objects: readonly OverlayObject[]): HostWiring => ({
  host: 'hv-1',
  wiring: wiringFor(objects),
});

/** What is said of a host that should hold a set and has the flows of another one; undefined where no flow tells. */
function saidOf(
  at: HostWiring,
  { wanted, there }: { wanted: readonly OverlayObject[]; there: readonly OverlayObject[] },
): Delta | 'the same' | undefined {
  const model = SetModel.of(wanted);
  const differing = differenceOf(flowsOf(model, at), flowsOf(SetModel.of(there), at));
  if (differing.add.length + differing.remove.length === 0) return 'the same';
  return observedChange(model, at, differing);
}

const states = ['open', 'cut', 'segment cut', 'external cut'] as const satisfies TownState[];

describe('flows that differ are said in objects', () => {
  it.each(states)('where one object is missing whose flows no other explains: %s', async (state) => {
    for (const { shard, host } of hostsOfTown) {
      const objects = await objectsFor(state, shard);
      const at = { host, wiring: wiringFor(objects) };
      for (const lost of objects) {
        const said = saidOf(at, { wanted: objects, there: objects.filter((object) => object !== lost) });
        if (said === 'the same') continue;
        // A network without which one grant is not there says no more than that the grant is not there.
        if (lost.kind === 'network') expect(said).toBeDefined();
        else expect(said).toEqual({ put: [], removed: [keyOf(lost)] });
      }
    }
  });

  it('where an object stands in place of another one', async () => {
    const objects = await objectsFor('cut');
    const of = <Kind extends OverlayObject['kind']>(kind: Kind): Extract<OverlayObject, { kind: Kind }>[] =>
      objects.filter((object): object is Extract<OverlayObject, { kind: Kind }> => object.kind === kind);
    const local = of('binding').find(({ host }) => host === 'hv-1');
    const remote = of('binding').find(({ host }) => host === 'hv-2');
    const other = of('host').find(({ host }) => host === 'hv-2');
    const [limits] = of('qos').filter(({ endpoint }) => endpoint === local?.endpoint);
    const grant = of('acl')
      .filter((acl) => acl.tier === 'grant')
      .find(({ from }) => from === 'acme/web');
    const cut = of('acl').find((acl) => acl.tier === 'quarantine');
    if (!local || !remote || !other || !limits || !grant || !cut) throw new Error('the town has changed');
    const { kind, endpoint, egress = '1', ingress = '1' } = limits;
    const numberOf = (segment: string): number =>
      of('network').find((network) => network.segment === segment)?.vni ?? 0;
    const changed: OverlayObject[] = [
      { ...local, mac: '02:00:00:00:99:99' },
      { ...local, ips: [...local.ips, '10.9.9.9'] },
      { ...remote, host: 'hv-3' },
      { ...other, tunnelIp: '172.31.0.99' },
      { ...other, tunnelIp: 'fd31::99' },
      { ...other, tunnel: 'geneve' },
      { ...grant, protocol: 'any' },
      { ...grant, protocol: 'udp', ports: [[53, 60]] },
      { ...cut, wholly: true },
      { kind, endpoint, egress },
      { kind, endpoint, ingress },
      { kind: 'route', from: numberOf('internet'), to: numberOf('acme/database') },
      { ...cut, id: 'a'.repeat(24), from: 'globex/app', to: '*' },
      { ...grant, id: 'b'.repeat(24), protocol: 'udp' },
    ];
    for (const object of changed) {
      const there = [...objectsByKey([...objects, object]).values()];
      expect(saidOf(atFirst(objects), { wanted: objects, there })).toEqual({ put: [object], removed: [] });
    }
    const multi = { ...local, ips: [...local.ips, '10.9.9.9'] };
    const back = objects.map((object) => (object === local ? multi : object));
    expect(saidOf(atFirst(objects), { wanted: back, there: objects })).toEqual({ put: [local], removed: [] });
  });

  it('where one object differs in more than one thing', async () => {
    const objects = await objectsFor('open');
    const local = objects.find((object) => object.kind === 'binding' && object.host === 'hv-1');
    if (local?.kind !== 'binding') throw new Error('the town has changed');
    const ips = [...local.ips, '10.9.9.8', '10.9.9.9'];
    const there = objects.map((object) => (object === local ? { ...local, ips } : object));
    const said = saidOf(atFirst(objects), { wanted: objects, there });
    if (said === undefined || said === 'the same') throw new Error('nothing is said');
    expect(said.removed).toEqual([]);
    expect(said.put.map((object) => object.kind === 'binding' && object.ips.toSorted())).toEqual([
      ips.toSorted(),
    ]);
  });

  it('where several objects differ', async () => {
    const [wanted, there] = [await objectsFor('cut'), await objectsFor('open')];
    const cuts = wanted.filter((object) => object.kind === 'acl' && object.tier === 'quarantine');
    expect(saidOf(atFirst(wanted), { wanted, there })).toEqual({
      put: [],
      removed: cuts.map((cut) => keyOf(cut)).sort(),
    });
    expect(saidOf(atFirst(wanted), { wanted: there, there: wanted })).toEqual({
      put: cuts.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      removed: [],
    });
  });
});

it('says nothing of flows that no objects give', async () => {
  const objects = await objectsFor('open');
  const at = atFirst(objects);
  const model = SetModel.of(objects);
  const some: Flow = { table: 0, priority: 7, match: 'in_port=99', actions: 'drop' };
  const strange: Flow[] = [
    some,
    { ...some, match: '' },
    { ...some, table: 9 },
    { ...some, table: 1, match: 'tun_id=0x1388' },
    { ...some, table: 6, match: 'icmp,icmp_type=5' },
    { ...some, table: 6, match: 'reg0=0x1388' },
    { ...some, table: 7, match: 'reg2=0' },
    { ...some, table: 8, match: 'reg0=0x1388', actions: 'note:00.01.00' },
    { ...some, table: 11 },
    { ...some, table: 11, match: 'reg7=0x1388,reg8=0x1389,reg9=0x1', actions: 'note:00.02.00' },
    { ...some, table: 15, match: 'reg6=0x99' },
    { ...some, table: 15, match: 'tun_dst=172.31.0.77' },
    { ...some, table: 16 },
    { ...some, table: 20 },
    { ...some, table: 20, match: 'reg0=0x138a,reg2=0x1/0x1' },
    { ...some, table: 21, match: 'ip,reg1=0x1389,nw_src=10.9.9.9' },
  ];
  for (const flow of strange) expect(observedChange(model, at, { remove: [], add: [flow] })).toBeUndefined();
  const flows = [...flowsOf(model, at).values()];
  for (const missing of flows.filter(({ table }) => table === 10 || table === 4))
    expect(observedChange(model, at, { remove: [missing], add: [] })).toBeUndefined();
});

it('says only what gives exactly the flows that were found, and leaves the set as it was', () => {
  let count = 0;
  fc.assert(
    fc.property(randomChange, randomWiring, ({ objects, change }, wiring) => {
      const at = { host: 'h1', wiring };
      const model = SetModel.of(objects);
      const wanted = flowsOf(model, at);
      const found = flowsOf(SetModel.of(objectsAfter(objectsByKey(objects), change).values()), at);
      const said = observedChange(model, at, differenceOf(wanted, found));
      const nothing = { remove: [], add: [] };
      expect(differenceOf(wanted, flowsOf(model, at))).toEqual(nothing);
      if (said === undefined) return;
      const there = SetModel.of(objectsAfter(objectsByKey(objects), said).values());
      expect(differenceOf(found, flowsOf(there, at))).toEqual(nothing);
      if (said.put.length + said.removed.length > 0) count += 1;
    }),
    { numRuns: 150 },
  );
  expect(count).toBeGreaterThan(15);
});

it('does not go on guessing where everything differs', () => {
  const objects = Array.from({ length: 150 }, (_, index): OverlayObject => ({
    kind: 'binding',
    endpoint: `t/e${String(index)}`,
    vni: 100 + index,
    host: 'hv-1',
    interface: `tap${String(index)}`,
    mac: '02:00:00:00:01:01',
    ips: [`10.0.0.${String(index)}`],
  }));
  const at = atFirst(objects);
  const model = SetModel.of(objects);
  const all = [...flowsOf(model, at).values()];
  expect(observedChange(model, at, { remove: all, add: [] })).toBeUndefined();
});

it('knows no host for an address that is found behind a tunnel where its set names none', () => {
  const binding = { kind: 'binding', vni: 100, interface: 'tap', mac: '02:00:00:00:01:01' } as const;
  const objects: OverlayObject[] = [
    { ...binding, endpoint: 't/here', host: 'hv-1', ips: ['10.0.0.1'] },
    { ...binding, endpoint: 't/there', host: 'gone', ips: ['10.0.0.2'] },
  ];
  const [lookup] = [...flowsOf(SetModel.of(objects), atFirst(objects)).values()].filter(({ match }) =>
    match.endsWith('nw_dst=10.0.0.2'),
  );
  if (lookup === undefined) throw new Error('the address is not looked up');
  expect(lookup.actions).toBe('drop');
  const found = { ...lookup, actions: 'set_field:0x64->reg1,set_field:172.31.0.7->tun_dst,goto_table:15' };
  const differing = { remove: [], add: [found] };
  expect(observedChange(SetModel.of(objects), atFirst(objects), differing)).toBeUndefined();
});
