import { afterAll, beforeEach, expect, it } from 'vitest';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import type { HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, endpoint, shard } from './one-network.ts';

const first: Target = { plan: 1, objects: base };
const second: Target = { plan: 2, objects: [...base, endpoint(2)] };
const none: Target = { plan: 3, objects: [] };

describeNeeding(needsOfSwitch, 'what a real switch learned by itself', () => {
  const machine = new OvsSwitch();

  function driverOf(): OverlayDriver {
    const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
    return ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
  }

  function read({ objects }: Target): Promise<HostReading> {
    return driverOf().read('hv-1', expectedSet(objects));
  }

  /** The host has exactly a set. */
  async function holds(target: Target): Promise<void> {
    expect(await read(target)).toMatchObject({
      kind: 'objects',
      mark: { plan: target.plan },
      delta: { put: [], removed: [] },
    });
  }

  async function give(target: Target): Promise<void> {
    await driverOf().apply('hv-1', wholeSet(target));
  }

  /** The zone of a port, in hexadecimal. */
  function zoneOf(device = 'vm-web-1'): string {
    const ids = machine.tell('get', 'interface', device, 'external_ids');
    return `0x${Number(/"(\d{5})"/.exec(ids)?.[1]).toString(16)}`;
  }

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  const learned = (): string[] =>
    machine
      .askBridge(bridge, ['--no-stats', 'dump-flows', 'table=17'])
      .split('\n')
      .filter((line) => line.includes('cookie='));

  /** Takes a packet of SCTP from 10.1.0.1 to 10.2.0.1, or fd00::1 to fd00::2, as one that rules let pass in a zone. */
  function open(zone: string, family: 4 | 6): void {
    const ip = {
      4: '08004500003400004000408400000a0100010a020001',
      6: `86dd6000000000208440fd${'00'.repeat(14)}01fd${'00'.repeat(14)}02`,
    }[family];
    const packet = `020000000001020000000002${ip}0b590f1c${'00'.repeat(28)}`;
    const actions = `set_field:${zone}->reg11,resubmit(,13)`;
    machine.askBridge(bridge, ['packet-out', `in_port=local,packet=${packet},actions=${actions}`]);
  }

  it('is a reply of one tuple, and neither of the set nor foreign', async () => {
    await give(first);
    const cookie = `cookie=0x150f00000000${zoneOf().slice(2)}, table=17, idle_timeout=300`;
    const ports = 'tp_src=3868,tp_dst=2905 actions=set_field:0x10000/0x10000->reg11';
    for (const family of [4, 6] as const) open(zoneOf(), family);
    expect(learned().map((line) => line.trim())).toEqual([
      `${cookie}, sctp,reg11=${zoneOf()}/0xffff,nw_src=10.2.0.1,nw_dst=10.1.0.1,${ports}`,
      `${cookie}, sctp6,reg11=${zoneOf()}/0xffff,ipv6_src=fd00::2,ipv6_dst=fd00::1,${ports}`,
    ]);
    await holds(first);
    expect(await read(first)).not.toHaveProperty('foreign');
    await driverOf().apply('hv-1', step(first, second));
    await give(second);
    expect(learned()).toHaveLength(2);
    await holds(second);
  });

  it('is forgotten where its zone gets another owner', async () => {
    await give(first);
    await driverOf().apply('hv-1', step(first, second));
    const next = zoneOf('vm-web-2');
    machine.clear();
    await give(first);
    const match = `sctp,reg11=${next}/0xffff,nw_src=10.2.0.1`;
    machine.askBridge(bridge, [
      'add-flow',
      `cookie=0x150f00000000${next.slice(2)},table=17,${match},actions=load:1->NXM_NX_REG11[16]`,
    ]);
    open(zoneOf(), 4);
    await driverOf().apply('hv-1', step(first, second));
    expect(zoneOf('vm-web-2')).toBe(next);
    expect(learned()).toEqual([expect.stringContaining(`reg11=${zoneOf()}/0xffff`)]);
  });

  it('is forgotten with the set, also where the bridge stays for what others have there', async () => {
    await give(first);
    machine.tell('add-port', bridge, 'vm-stray');
    open(zoneOf(), 4);
    await give(none);
    expect(learned()).toEqual([]);
    await holds(none);
    machine.tell('del-port', 'vm-stray');
  });

  it.each([
    ['by another cookie', 'cookie=0x9', 'load:1->NXM_NX_REG11[16]', ',tp_src=1,tp_dst=2'],
    ['by what it does', 'cookie=0x150f000000008123', 'drop', ',tp_src=1,tp_dst=2'],
    ['by what it takes', 'cookie=0x150f000000008123', 'load:1->NXM_NX_REG11[16]', ''],
    ['by its zone', 'cookie=0x150f000000008124', 'load:1->NXM_NX_REG11[16]', ',tp_src=1,tp_dst=2'],
  ])('is told from what others put there, %s', async (_by, cookie, actions, ports) => {
    await give(first);
    const match = `sctp,reg11=0x8123/0xffff,nw_src=10.2.0.1,nw_dst=10.1.0.1${ports}`;
    machine.askBridge(bridge, [
      'add-flow',
      `${cookie},table=17,idle_timeout=300,${match},actions=${actions}`,
    ]);
    const reading = await read(first);
    expect(reading.kind === 'unreadable' && reading.problem).toContain('sctp,reg11=0x8123');
  });
});
