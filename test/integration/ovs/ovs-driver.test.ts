import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { InTheWay, MarkDiffers, NotProvablyOurs, OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import type { HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

const shard = 'shard-1';
const bridge = bridgeNameOf(shard);

function endpoint(
  number: number,
  rest: { vni?: number; host?: string; interface?: string } = {},
): OverlayObject {
  const { vni = 100, host = 'hv-1' } = rest;
  return {
    kind: 'binding',
    endpoint: `acme/web-${String(number)}`,
    vni,
    host,
    interface: rest.interface ?? `vm-web-${String(number)}`,
    mac: `02:00:00:00:01:${number.toString(16).padStart(2, '0')}`,
    ips: [`10.1.0.${String(number)}`],
  };
}

const base: readonly OverlayObject[] = [
  { kind: 'network', vni: 100, segment: 'acme/web' },
  { kind: 'host', host: 'hv-1', tunnelIp: '192.0.2.1', tunnel: 'vxlan' },
  { kind: 'host', host: 'hv-2', tunnelIp: '192.0.2.2', tunnel: 'geneve' },
  endpoint(1),
  endpoint(7, { host: 'hv-2' }),
];

const first: Target = { plan: 1, objects: base };
const second: Target = { plan: 2, objects: [...base, endpoint(2)] };
const none: Target = { plan: 3, objects: [] };

describeNeeding(needsOfSwitch, 'a real switch', () => {
  const machine = new OvsSwitch();

  function driverOf(more: { answerMs?: number; shard?: string } = {}): OverlayDriver {
    return ovsDriver({
      ledger: 'ledger-1',
      shard,
      hosts: new Map([['hv-1', { ovsdb: machine.ovsdb }]]),
      clock: systemClock,
      ...more,
    });
  }

  function read({ objects }: Target, driver = driverOf()): Promise<HostReading> {
    return driver.read('hv-1', expectedSet(objects));
  }

  /** The host has exactly a set. */
  async function holds(target: Target): Promise<void> {
    expect(await read(target)).toMatchObject({
      kind: 'objects',
      mark: { plan: target.plan },
      objects: target.objects.length,
      delta: { put: [], removed: [] },
    });
  }

  async function give(target: Target): Promise<void> {
    await driverOf().apply('hv-1', wholeSet(target));
  }

  /** What an interface of the switch says of itself. */
  function columnOf(device: string, column: string): string {
    return machine.tell('get', 'interface', device, column).trim();
  }

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  it('says what the switch is able to do, which is all that is needed', async () => {
    const words = async (): Promise<string> => {
      const means = await driverOf().means?.('hv-1');
      expect(means?.lacks).toEqual([]);
      return means?.words ?? '';
    };
    expect(await words()).toMatch(/^Open vSwitch \d+\.\d+\.\d+, datapaths netdev, and no bridge/);
    await give(first);
    expect(await words()).toMatch(
      /^Open vSwitch \d+\.\d+\.\d+, datapath netdev of netdev, asked by ovs-ofctl \d+\.\d+\.\d+$/,
    );
  });

  describe('ports', () => {
    it('are there before their devices, under numbers and zones that unrelated changes leave as they are', async () => {
      await give(first);
      const [ofport, ids] = [columnOf('vm-web-1', 'ofport_request'), columnOf('vm-web-1', 'external_ids')];
      await driverOf().apply('hv-1', step(first, second));
      await holds(second);
      expect(columnOf('vm-web-1', 'ofport_request')).toBe(ofport);
      expect(columnOf('vm-web-1', 'external_ids')).toBe(ids);
      await driverOf().apply('hv-1', step(second, { ...first, plan: 3 }));
      await holds({ ...first, plan: 3 });
      expect(machine.tell('list-ports', bridge)).not.toContain('vm-web-2');
    });

    it('get another zone where the owner of a device, its network or its addresses change', async () => {
      const zoneOf = (): string => /"(\d{5})"/.exec(columnOf('vm-web-1', 'external_ids'))?.[1] ?? '';
      await give(first);
      const zones = [zoneOf()];
      let held = first;
      for (const [index, changed] of [
        endpoint(1, { vni: 101 }),
        endpoint(3, { interface: 'vm-web-1' }),
        endpoint(1),
      ].entries()) {
        const objects = base.filter((object) => object.kind !== 'binding' || object.host !== 'hv-1');
        const next = { plan: index + 2, objects: [...objects, changed] };
        await driverOf().apply('hv-1', step(held, next));
        await holds(next);
        zones.push(zoneOf());
        held = next;
      }
      expect(new Set(zones).size).toBe(zones.length);
    });

    it('whose devices are plugged in have the numbers that flows name', async () => {
      await give(first);
      machine.inside('ip', 'link', 'add', 'vm-web-1', 'type', 'veth', 'peer', 'name', 'peer-1');
      await expect.poll(() => columnOf('vm-web-1', 'ofport')).toBe(columnOf('vm-web-1', 'ofport_request'));
      await holds(first);
      machine.inside('ip', 'link', 'del', 'vm-web-1');
      await holds(first);
    });

    it('that are gone are drift, and come back with the plan that the host held', async () => {
      await give(second);
      machine.tell('del-port', 'vm-web-2');
      expect(await read(second)).toMatchObject({
        kind: 'objects',
        delta: { put: [], removed: ['binding/acme/web-2'] },
      });
      await give(second);
      await holds(second);
    });

    it('of tunnels that are gone or were edited are drift of the own host', async () => {
      await give(first);
      const tunnels = machine
        .tell('list-ports', bridge)
        .split('\n')
        .filter((name) => /^is[xg]-/.test(name));
      expect(tunnels).toHaveLength(2);
      machine.tell('set', 'interface', tunnels[0] ?? '', 'options:key=7');
      expect(await read(first)).toMatchObject({ kind: 'objects', delta: { removed: ['host/hv-1'] } });
      await give(first);
      await holds(first);
    });
  });

  describe('what is not ours', () => {
    const foreign = 'table=30,priority=7,ip,nw_src=192.0.2.0/24 actions=drop';

    /** All that a bridge of somebody else says of itself. */
    function told(name: string): string[] {
      const ports = machine.tell('list-ports', name);
      return [
        ports,
        ...['dump-flows', 'dump-groups', 'dump-meters'].map((what) =>
          machine.askBridge(name, ['--no-stats', what]),
        ),
      ].map((text) => text.replaceAll(/\(xid=0x[0-9a-f]+\)/g, ''));
    }

    it('stays as it is, on another bridge and on ours, through everything', async () => {
      machine.tell(
        'add-br',
        'br-other',
        '--',
        'set',
        'bridge',
        'br-other',
        'datapath_type=netdev',
        'protocols=OpenFlow15',
      );
      machine.tell('add-port', 'br-other', 'vm-other');
      machine.askBridge('br-other', ['add-flow', `cookie=0x9,${foreign}`]);
      machine.askBridge('br-other', ['add-meter', 'meter=5,kbps,band=type=drop,rate=100']);
      machine.askBridge('br-other', ['add-group', 'group_id=9,type=all,bucket=actions=drop']);
      const other = told('br-other');
      await give(first);
      machine.askBridge(bridge, ['add-flow', `cookie=0x9,${foreign}`]);
      machine.tell('add-port', bridge, 'vm-stray');
      machine.askBridge(bridge, ['add-group', 'group_id=9,type=all,bucket=actions=drop']);
      await driverOf().apply('hv-1', step(first, second));
      await give(second);
      const reading = await read(second);
      expect(reading.kind === 'objects' && reading.foreign).toEqual([foreign, 'port vm-stray', 'group 9']);
      await give(none);
      expect(machine.tell('list-ports', bridge).trim()).toBe('vm-stray');
      expect(machine.askBridge(bridge, ['--no-stats', 'dump-flows']).trim()).toBe(
        `cookie=0x9, ${foreign.replace('table=30,', 'table=30, ')}`,
      );
      expect(machine.askBridge(bridge, ['dump-groups'])).toContain('group_id=9,');
      await holds(none);
      expect(told('br-other')).toEqual(other);
    });

    it('and could change a verdict makes a host unreadable, and is quoted', async () => {
      await give(first);
      machine.askBridge(bridge, ['add-flow', 'cookie=0x9,table=6,priority=65000,ip actions=output:1']);
      const reading = await read(first);
      expect(reading.kind === 'unreadable' && reading.problem).toContain(
        'table=6,priority=65000,ip actions=output:1',
      );
    });

    it('and could change a verdict is never acknowledged over: a whole set is not held as long as it is there', async () => {
      await give(first);
      const meddling = 'table=6,priority=65000,ip actions=output:1';
      machine.askBridge(bridge, ['add-flow', `cookie=0x9,${meddling}`]);
      const again = driverOf().apply('hv-1', wholeSet(second));
      await expect(again).rejects.toThrow(OverlayUnavailable);
      await expect(again).rejects.toThrow(meddling);
      expect(machine.askBridge(bridge, ['--no-stats', 'dump-flows'])).toContain('cookie=0x9, table=6,');
      machine.askBridge(bridge, ['del-flows', 'cookie=0x9/-1,table=6']);
      await give(second);
      await holds(second);
    });

    it('and is set where it may copy or stop packets makes a host unreadable, and no whole set is held until it is gone', async () => {
      await give(first);
      const table = ['--id=@t', 'create', 'flow_table', 'flow_limit=9', 'overflow_policy=evict', '--'];
      const copies = ['--id=@m', 'create', 'mirror', 'name=m', 'select_all=true', 'output_vlan=9', '--'];
      for (const { words, quoted, undo } of [
        {
          words: ['--', ...copies, 'set', 'bridge', bridge, 'mirrors=@m'],
          quoted: /mirrors=[0-9a-f-]{36} of bridge iso-/,
          undo: ['clear', 'bridge', bridge, 'mirrors'],
        },
        {
          words: ['--', ...table, 'set', 'bridge', bridge, 'flow_tables:3=@t'],
          quoted: /flow_tables=\{3=[0-9a-f-]{36}\} of bridge iso-/,
          undo: ['clear', 'bridge', bridge, 'flow_tables'],
        },
        ...['stp_enable', 'rstp_enable'].map((column) => ({
          words: ['set', 'bridge', bridge, `${column}=true`],
          quoted: new RegExp(`settings .*: ${column}=true of bridge iso-`),
          undo: ['set', 'bridge', bridge, `${column}=false`],
        })),
        ...['tag=7', 'trunks=7,8', 'vlan_mode=access', 'cvlans=7', 'lacp=active'].map((set) => ({
          words: ['set', 'port', 'vm-web-1', set],
          quoted: new RegExp(`settings .*: ${set.split('=')[0] ?? ''}=.* of port vm-web-1`),
          undo: ['clear', 'port', 'vm-web-1', set.split('=')[0] ?? ''],
        })),
      ]) {
        machine.tell(...words);
        const reading = await read(first);
        expect(reading).toMatchObject({ kind: 'unreadable', isOthers: true });
        expect(reading.kind === 'unreadable' && reading.problem).toMatch(quoted);
        const again = driverOf().apply('hv-1', wholeSet(first));
        await expect(again, words.join(' ')).rejects.toThrow(quoted);
        machine.tell(...undo);
        expect(await read(first), words.join(' ')).toMatchObject({ kind: 'objects' });
      }
      await give(first);
      await holds(first);
    });

    it('and is set where it only watches or limits is told of, and the set is held', async () => {
      await give(first);
      machine.tell('--', '--id=@n', 'create', 'netflow', 'targets="127.0.0.1:9"', '--', 'set', 'bridge', bridge, 'netflow=@n'); // prettier-ignore
      machine.tell('set', 'interface', 'vm-web-1', 'ingress_policing_rate=1000');
      await give(second);
      const reading = await read(second);
      expect(reading.kind === 'objects' && reading.foreign).toEqual([
        expect.stringMatching(/^netflow=[0-9a-f-]{36} of bridge iso-/),
        'ingress_policing_rate=1000 of interface vm-web-1',
      ]);
      await holds(second);
    });

    it('and manages the switch from elsewhere gets no flows of the switch itself past ours', async () => {
      await give(first);
      machine.inside('ip', 'link', 'set', bridge, 'up');
      machine.tell('set-manager', 'tcp:192.0.2.200:6640');
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const hidden = machine.inside('sh', '-c', 'ovs-appctl -t $(ls $0/ovs-vswitchd*.ctl) bridge/dump-flows $1', machine.folder, bridge); // prettier-ignore
      expect(hidden).not.toContain('NORMAL');
      machine.tell('remove', 'bridge', bridge, 'other_config', 'disable-in-band');
      expect(await read(first)).toMatchObject({ kind: 'objects', delta: { removed: ['host/hv-1'] } });
      await give(first);
      await holds(first);
      machine.tell('del-manager');
    });

    it('and lets our bridge speak no OpenFlow 1.5 is told of, and put right by the next change', async () => {
      const silence = (): string => machine.tell('set', 'bridge', bridge, 'protocols=OpenFlow10,OpenFlow13');
      const told = {
        kind: 'unreadable',
        problem: `bridge ${bridge} of host hv-1: it may not speak OpenFlow 1.5, only OpenFlow10, OpenFlow13`,
      };
      await give(first);
      silence();
      expect(await driverOf().mark('hv-1')).toMatchObject(told);
      expect(await read(first)).toMatchObject(told);
      await driverOf().apply('hv-1', step(first, second));
      await holds(second);
      silence();
      await give({ ...first, plan: 3 });
      await holds({ ...first, plan: 3 });
      silence();
      await expect(give(second)).rejects.toThrow('refuses plan 2');
      silence();
      await give({ plan: 4, objects: [] });
      expect(machine.tell('list-br')).toBe('');
    });

    it('and has a device of ours on another bridge is named, and nothing is changed', async () => {
      await give(first);
      machine.tell('add-br', 'br-other', '--', 'add-port', 'br-other', 'vm-web-2');
      await expect(driverOf().apply('hv-1', step(first, second))).rejects.toThrow(InTheWay);
      await expect(driverOf().apply('hv-1', step(first, second))).rejects.toThrow(
        /vm-web-2 .*another bridge/,
      );
      await holds(first);
    });

    it('and has a bridge of our name is left alone', async () => {
      machine.tell('add-br', bridge);
      const found = {
        kind: 'unreadable',
        problem: `bridge ${bridge} of host hv-1 is there, and nothing says that it is ours`,
        isOthers: true,
        mend: `take it away (ovs-vsctl del-br ${bridge})`,
      };
      expect(await driverOf().mark('hv-1')).toEqual(found);
      expect(await read(first)).toEqual(found);
      await expect(give(first)).rejects.toThrow(NotProvablyOurs);
      await expect(give(none)).rejects.toThrow(NotProvablyOurs);
    });
  });

  describe('an empty set', () => {
    it('takes the bridge away and nothing else, and its mark stays', async () => {
      await give(first);
      await give(none);
      expect(machine.tell('list-br')).toBe('');
      await holds(none);
      await expect(driverOf().apply('hv-1', wholeSet(first))).rejects.toThrow('refuses plan 1');
      await give({ ...first, plan: 4 });
      await holds({ ...first, plan: 4 });
      expect(machine.tell('get', 'open', '.', 'external_ids').trim()).toBe('{}');
    });

    it('lets the bridge of another shard take its devices and tunnels over', async () => {
      await give(first);
      const other = driverOf({ shard: 'shard-2' });
      await expect(other.apply('hv-1', wholeSet(first))).rejects.toThrow(OverlayUnavailable);
      await give(none);
      await other.apply('hv-1', wholeSet(first));
      expect(await read(first, other)).toMatchObject({ kind: 'objects', delta: { put: [], removed: [] } });
    });
  });

  describe('processes', () => {
    it('of the switch that do not answer are given up after their time, and nothing is lost', async () => {
      await give(first);
      for (const daemon of ['ovs-vswitchd', 'ovsdb-server'] as const) {
        machine.signal(daemon, 'SIGSTOP');
        const slow = driverOf({ answerMs: 300 });
        await expect(slow.apply('hv-1', step(first, second))).rejects.toThrow(/answer/);
        await expect(slow.mark('hv-1')).rejects.toThrow(OverlayUnavailable);
        machine.signal(daemon, 'SIGCONT');
      }
      await holds(first);
    });

    it('of the switch that are started anew have lost flows and mark; the whole set brings them back', async () => {
      await give(first);
      await machine.restart('ovs-vswitchd');
      expect(await driverOf().mark('hv-1')).toEqual({ kind: 'nothing' });
      expect(await read(first)).toEqual({ kind: 'nothing' });
      await driverOf().apply('hv-1', { ...wholeSet(first), from: 'nothing' });
      await holds(first);
      await machine.restart('ovsdb-server');
      await holds(first);
    });

    it('of two appliers that lead on from one mark, only the first is taken', async () => {
      await give(first);
      const [ours, theirs] = [step(first, second), step(first, { ...second, plan: 9 })];
      const results = await Promise.allSettled([
        driverOf().apply('hv-1', ours),
        driverOf().apply('hv-1', theirs),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      const [, late] = results;
      expect(late.status === 'rejected' && late.reason).toBeInstanceOf(MarkDiffers);
      await holds(second);
    });
  });
});
