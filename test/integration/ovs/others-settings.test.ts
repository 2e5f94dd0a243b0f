import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import type { HostReading, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { WatchedHost } from '../../contract/driver/watched-host.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, endpoint, shard } from './one-network.ts';

const first: Target = { plan: 1, objects: base };
const second: Target = { plan: 2, objects: [...base, endpoint(2)] };

describeNeeding(needsOfSwitch, 'what somebody sets at a bridge of ours', () => {
  const machine = new OvsSwitch();

  beforeEach(() => {
    machine.clear();
    machine.tell('clear', 'open', '.', 'other_config', '--', 'del-manager');
  });

  afterAll(() => {
    machine.end();
  });

  function driverOf(openflow?: string): OverlayDriver {
    const address = {
      ovsdb: machine.ovsdb,
      ...(openflow === undefined ? {} : { openflow: `unix:${openflow}` }),
    };
    return ovsDriver({ ledger: 'ledger-1', shard, hosts: new Map([['hv-1', address]]), clock: systemClock });
  }

  function read({ objects }: Target, driver = driverOf()): Promise<HostReading> {
    return driver.read('hv-1', expectedSet(objects));
  }

  async function give(target: Target, driver = driverOf()): Promise<void> {
    await driver.apply('hv-1', wholeSet(target));
  }

  async function holds(target: Target, driver = driverOf()): Promise<void> {
    const reading = await read(target, driver);
    expect(reading).toMatchObject({ kind: 'objects', delta: { put: [], removed: [] } });
    expect(reading).not.toHaveProperty('settings');
  }

  it.each([
    {
      set: ['set-controller', bridge, 'tcp:192.0.2.200:6653'],
      quoted: `controller=tcp:192.0.2.200:6653 of bridge ${bridge}`,
      undo: ['del-controller', bridge],
    },
    {
      set: ['set-controller', bridge, 'ptcp:6699:127.0.0.1'],
      quoted: `controller=ptcp:6699:127.0.0.1 of bridge ${bridge}`,
      undo: ['del-controller', bridge],
    },
    {
      set: ['set', 'interface', 'vm-web-1', 'bfd:enable=true'],
      quoted: 'bfd={enable=true} of interface vm-web-1',
      undo: ['clear', 'interface', 'vm-web-1', 'bfd'],
    },
    {
      set: ['set', 'open', '.', 'other_config:flow-restore-wait=true'],
      quoted: 'flow-restore-wait=true of its switch',
      undo: ['clear', 'open', '.', 'other_config'],
    },
  ])('and that may change what passes makes its host unreadable: $quoted', async ({ set, quoted, undo }) => {
    await give(first);
    machine.tell(...set);
    const reading = await read(first);
    expect(reading).toMatchObject({ kind: 'unreadable', isOthers: true });
    expect(reading.kind === 'unreadable' && reading.problem).toContain(quoted);
    await expect(give(first)).rejects.toThrow(quoted);
    machine.tell(...undo);
    await give(first);
    await holds(first);
  });

  it('and that gives a port of ours a second device makes its host unreadable', async () => {
    await give(first);
    const device = ['--', '--id=@i', 'create', 'interface', 'name=vm-joined'];
    machine.tell(...device, '--', 'add', 'port', 'vm-web-1', 'interfaces', '@i');
    const reading = await read(first);
    expect(reading).toMatchObject({ kind: 'unreadable', isOthers: true });
    expect(reading.kind === 'unreadable' && reading.problem).toContain(
      'port vm-web-1 has several devices: vm-joined, vm-web-1',
    );
  });

  it('and that changes nothing of what passes is told of', async () => {
    await give(first);
    machine.tell(
      'set',
      'bridge',
      bridge,
      'other_config:forward-bpdu=true',
      'other_config:hwaddr="02:00:00:00:00:99"',
    );
    machine.tell('set', 'port', 'vm-web-1', 'other_config:transient=true');
    machine.tell('set', 'interface', 'vm-web-1', 'mtu_request=1400', 'lldp:enable=true', 'cfm_mpid=7', 'ingress_policing_kpkts_rate=9'); // prettier-ignore
    machine.tell(
      'set-manager',
      'tcp:192.0.2.200:6640',
      `punix:${join(machine.folder, 'db.sock')}`,
      'pssl:6640',
    );
    machine.askBridge(bridge, ['add-group', 'group_id=77,type=all,bucket=actions=drop']);
    await give(second);
    const reading = await read(second);
    expect(reading).not.toHaveProperty('settings');
    expect(reading.kind === 'objects' && [...(reading.foreign ?? [])].sort()).toEqual([
      'cfm_mpid=7 of interface vm-web-1',
      'group 77',
      'ingress_policing_kpkts_rate=9 of interface vm-web-1',
      'lldp={enable=true} of interface vm-web-1',
      'manager=pssl:6640 of its switch',
      'manager=tcp:192.0.2.200:6640 of its switch',
      'mtu_request=1400 of interface vm-web-1',
      `other_config={forward-bpdu=true, hwaddr=02:00:00:00:00:99} of bridge ${bridge}`,
      'other_config={transient=true} of port vm-web-1',
    ]);
  });

  it('and that is ours is drift of the own host that names it, and is put right', async () => {
    await give(first);
    const tunnel = `isx${bridge.slice(3)}`;
    for (const { set, named } of [
      { set: ['remove', 'bridge', bridge, 'other_config', 'disable-in-band'], named: `disable-in-band=false of bridge ${bridge}` }, // prettier-ignore
      { set: ['set', 'interface', tunnel, 'options:key=7'], named: `options:key=7 of interface ${tunnel}` },
      {
        set: ['set', 'interface', tunnel, 'options:csum=true'],
        named: `options:csum=true of interface ${tunnel}`,
      },
      { set: ['del-port', tunnel], named: `no port ${tunnel} for tunnels` },
    ]) {
      machine.tell(...set);
      expect(await read(first)).toMatchObject({
        delta: { put: [], removed: ['host/hv-1'] },
        settings: [named],
      });
      await give(first);
      await holds(first);
    }
  });

  it('and that lets the switch forward by itself is drift too, and put right', async () => {
    await give(first);
    machine.tell('set-fail-mode', bridge, 'standalone');
    // All flows are gone at once, and one is there that forwards everything.
    expect(machine.askBridge(bridge, ['dump-flows'])).toContain('NORMAL');
    const open = {
      kind: 'unreadable',
      problem: `bridge ${bridge} of host hv-1 has no mark, and settings by which its switch may forward by itself: fail_mode=standalone of bridge ${bridge}`,
    };
    expect(await driverOf().mark('hv-1')).toEqual(open);
    expect(await read(first)).toEqual(open);
    await give(first);
    await holds(first);
    expect(machine.tell('get-fail-mode', bridge).trim()).toBe('secure');
    // Where somebody connects already, they stay.
    machine.tell(
      'set-controller',
      bridge,
      'ptcp:6699:127.0.0.1',
      '--',
      'set-fail-mode',
      bridge,
      'standalone',
    );
    machine.tell('del-controller', bridge);
    await give(first);
    await holds(first);
    expect(machine.tell('get-fail-mode', bridge).trim()).toBe('secure');
  });

  it('and that lets the switch forward by itself beside a mark is put right, and nobody has to take its flow away', async () => {
    await give(first);
    const groups = machine.askBridge(bridge, ['dump-groups']).split('\n').filter((line) => line.includes('group_id')); // prettier-ignore
    machine.tell('set-fail-mode', bridge, 'standalone');
    for (const group of groups) machine.askBridge(bridge, ['add-group', group.trim()]);
    const reading = await read(first);
    expect(reading).not.toHaveProperty('isOthers');
    expect(reading.kind === 'unreadable' && reading.problem).toMatch(
      /fail_mode=standalone of bridge .*NORMAL/,
    );
    await give(first).catch(() => give(first));
    await holds(first);
  });

  it('a datapath that the switch does not have is put right by the next change', async () => {
    await give(first);
    for (const [index, type] of ['dummy', 'system'].entries()) {
      machine.tell('--no-wait', 'set', 'bridge', bridge, `datapath_type=${type}`);
      const problem = `bridge ${bridge} of host hv-1: somebody put it on the datapath ${type}, which its switch does not have: it was made on netdev`;
      expect(await driverOf().mark('hv-1')).toEqual({ kind: 'unreadable', problem });
      await give({ ...first, plan: index + 2 });
      await holds({ ...first, plan: index + 2 });
      expect(machine.tell('get', 'bridge', bridge, 'datapath_type').trim()).toBe('netdev');
    }
    machine.tell('--no-wait', 'set', 'bridge', bridge, 'datapath_type=dummy', '--', 'remove', 'bridge', bridge, 'external_ids', 'isoledger-datapath'); // prettier-ignore
    await give({ plan: 4, objects: [] });
    expect(machine.tell('list-br')).toBe('');
  });

  it('where it takes OpenFlow follows the document of its host, and the place of before goes', async () => {
    const [one, two] = ['one', 'two'].map((name) => join(machine.folder, `${bridge}.${name}`));
    await give(first, driverOf(one));
    expect(machine.tell('get-controller', bridge).trim()).toBe(`punix:${one ?? ''}`);
    expect(await driverOf(two).mark('hv-1')).toEqual({
      kind: 'unreadable',
      problem: `bridge ${bridge} of host hv-1: it takes no OpenFlow at unix:${two ?? ''}, as the host's document has it`,
    });
    await give({ ...first, plan: 2 }, driverOf(two));
    expect(machine.tell('get-controller', bridge).trim()).toBe(`punix:${two ?? ''}`);
    await holds({ ...first, plan: 2 }, driverOf(two));
    const left = { settings: [`controller=punix:${two ?? ''} of bridge ${bridge}`] };
    expect(await read(first)).toMatchObject(left);
    await driverOf().apply('hv-1', step({ ...first, plan: 2 }, { ...second, plan: 3 }));
    await holds({ ...second, plan: 3 });
    expect(machine.tell('get-controller', bridge).trim()).toBe('');
    machine.tell('set-controller', bridge, `punix:${one ?? ''}`);
    await give({ ...second, plan: 4 }, driverOf(one));
    await holds({ ...second, plan: 4 }, driverOf(one));
    await give({ ...second, plan: 5 });
    expect(machine.tell('get-controller', bridge).trim()).toBe('');
  });

  it('is heard of by whoever watches', async () => {
    await give(first);
    const stop = new AbortController();
    const changes = await driverOf().watch?.('hv-1', stop.signal);
    if (changes === undefined) throw new Error('a driver that cannot tell');
    const host = new WatchedHost(changes, { host: 'hv-1', stop });
    for (const words of [
      ['set-controller', bridge, 'ptcp:6698:127.0.0.1'],
      ['set', 'controller', bridge, 'target="ptcp:6699:127.0.0.1"'],
      ['del-controller', bridge],
      ['set-manager', 'tcp:192.0.2.200:6640'],
      ['set', 'open', '.', 'other_config:flow-restore-wait=true'],
      ['set', 'bridge', bridge, 'stp_enable=true'],
      ['set', 'port', 'vm-web-1', 'trunks=7,8'],
      ['add', 'port', 'vm-web-1', 'trunks', '9'],
      ['remove', 'port', 'vm-web-1', 'trunks', '9'],
      ['set', 'interface', 'vm-web-1', 'bfd:enable=true'],
    ]) {
      machine.tell(...words);
      await host.isTold();
    }
    stop.abort();
  });
});
