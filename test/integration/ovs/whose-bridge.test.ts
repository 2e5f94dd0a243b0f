import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { InTheWay, MarkDiffers } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { OvsTracing } from '../../../src/overlay/ovs/probe.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, endpoint, shard } from './one-network.ts';

const first: Target = { plan: 1, objects: base };
const second: Target = { plan: 2, objects: [...base, endpoint(2)] };
const none: Target = { plan: 3, objects: [] };

describeNeeding(needsOfSwitch, 'a switch to which the documents of several hosts lead', () => {
  const machine = new OvsSwitch();
  const socket = machine.ovsdb.slice('unix:'.length);
  const alias = `${machine.folder}-alias`;
  symlinkSync(machine.folder, alias);

  const hosts = new Map([
    ['hv-1', { ovsdb: machine.ovsdb }],
    ['hv-2', { ovsdb: `unix:${join(alias, basename(socket))}` }],
    ['hv-3', { ovsdb: `unix:${machine.folder}/../${basename(dirname(socket))}/${basename(socket)}` }],
  ]);

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    unlinkSync(alias);
    machine.end();
  });

  function driverOf(of = shard): OverlayDriver {
    return ovsDriver({ ledger: 'ledger-1', shard: of, hosts, clock: systemClock });
  }

  async function give(host: string, target: Target): Promise<void> {
    await driverOf().apply(host, wholeSet(target));
  }

  async function holds(host: string, { plan, objects }: Target): Promise<void> {
    expect(await driverOf().read(host, expectedSet(objects))).toMatchObject({
      mark: { plan },
      delta: { put: [], removed: [] },
    });
  }

  /** What is found at a host whose document leads to the bridge of another one. */
  function ofAnother(host: string, whose: string): object {
    const problem = `bridge ${bridge} of host ${host} is that of host ${whose}, by what is written there`;
    return { kind: 'unreadable', problem, isOthers: true, ofHost: whose };
  }

  /** All that the switch holds. */
  function held(): string {
    const rows = ['bridge', 'port', 'interface', 'open'].map((table) => machine.tell('list', table));
    return [...rows, machine.askBridge(bridge, ['--no-stats', 'dump-flows'])].join('\n');
  }

  it.each(['hv-2', 'hv-3'])('has a bridge of one of them, and %s is refused in every way', async (other) => {
    await give('hv-1', first);
    const before = held();
    const driver = driverOf();
    const { signal } = new AbortController();
    for (const refused of [
      () => driver.apply(other, wholeSet(second)),
      () => driver.apply(other, step(first, second)),
      () => driver.apply(other, wholeSet(none)),
      () => driver.apply(other, step(first, none)),
      () => driver.drops?.(other, expectedSet(base)),
      () => driver.watch?.(other, signal),
    ]) {
      const fault: unknown = await Promise.resolve(refused()).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(fault).toBeInstanceOf(InTheWay);
      expect(String(fault)).toMatch(new RegExp(`bridge ${bridge} of host ${other} is that of host hv-1`));
    }
    for (const found of [await driver.mark(other), await driver.read(other, expectedSet(base))])
      expect(found).toMatchObject(ofAnother(other, 'hv-1'));
    const places = [{ shard, host: other, address: hosts.get(other) ?? {} }];
    const probing = { ledger: 'ledger-1', clock: systemClock, elsewhere: () => undefined, places };
    await expect(OvsTracing.open(probing)).rejects.toThrow('is that of host hv-1');
    expect(held()).toBe(before);
    await holds('hv-1', first);
  });

  it('is of the first that fills it, of two that come at once', async () => {
    const results = await Promise.allSettled([give('hv-1', first), give('hv-2', first)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const each of results)
      if (each.status === 'rejected')
        expect([MarkDiffers, InTheWay].some((kind) => each.reason instanceof kind)).toBe(true);
  });

  it('is of another host once the one before was emptied, also where something of others keeps the bridge', async () => {
    await give('hv-1', first);
    await expect(give('hv-2', second)).rejects.toThrow(InTheWay);
    await give('hv-1', none);
    await give('hv-2', { ...second, plan: 4 });
    await holds('hv-2', { ...second, plan: 4 });
    expect(await driverOf().mark('hv-1')).toMatchObject(ofAnother('hv-1', 'hv-2'));
    machine.tell('add-port', bridge, 'vm-stray');
    await give('hv-2', { ...none, plan: 5 });
    expect(machine.tell('get', 'bridge', bridge, 'external_ids')).not.toContain('isoledger-host');
    await give('hv-1', { ...first, plan: 6 });
    await holds('hv-1', { ...first, plan: 6 });
    expect(await driverOf().mark('hv-2')).toMatchObject(ofAnother('hv-2', 'hv-1'));
  });

  it('is of another host once the one before is driven no more, which gets a whole set there', async () => {
    await give('hv-1', first);
    const left = new Map([...hosts].filter(([name]) => name !== 'hv-1'));
    const driver = ovsDriver({ ledger: 'ledger-1', shard, hosts: left, clock: systemClock });
    const problem = `bridge ${bridge} of host hv-2: it is that of host hv-1, which is gone or was retired`;
    expect(await driver.mark('hv-2')).toEqual({ kind: 'unreadable', problem });
    expect(await driver.read('hv-2', expectedSet(base))).toMatchObject({ kind: 'unreadable' });
    await driver.apply('hv-2', wholeSet(second));
    await holds('hv-2', second);
    expect(await driverOf().mark('hv-1')).toMatchObject(ofAnother('hv-1', 'hv-2'));
  });

  it('whose bridge does not say so, as earlier versions made it, is taken by the next change of any kind', async () => {
    const last: Target = {
      plan: 3,
      objects: [...second.objects, { kind: 'network', vni: 101, segment: 'acme/b' }],
    };
    await give('hv-1', first);
    for (const [target, change] of [
      [second, step(first, second)],
      [last, step(second, last)],
      [last, wholeSet(last)],
    ] as const) {
      machine.tell('remove', 'bridge', bridge, 'external_ids', 'isoledger-host');
      expect(await driverOf().mark('hv-2')).toMatchObject({ kind: 'marked' });
      await driverOf().apply('hv-1', change);
      await holds('hv-1', target);
      expect(await driverOf().mark('hv-2')).toMatchObject(ofAnother('hv-2', 'hv-1'));
    }
  });

  it('by a link to its socket alone is driven all the same', async () => {
    const link = join(temporaryFolder(), 'db.sock');
    symlinkSync(socket, link);
    const linked = new Map([['hv-1', { ovsdb: `unix:${link}` }]]);
    const driver = ovsDriver({ ledger: 'ledger-1', shard, hosts: linked, clock: systemClock });
    await driver.apply('hv-1', wholeSet(first));
    await holds('hv-1', first);
  });

  it('is not taken by a host that reaches its database alone', async () => {
    const deaf = { ovsdb: machine.ovsdb, openflow: `unix:${join(machine.folder, 'nowhere', 'socket')}` };
    const driver = ovsDriver({ ledger: 'ledger-1', shard, hosts: new Map([...hosts, ['hv-2', deaf]]), clock: systemClock }); // prettier-ignore
    await expect(driver.apply('hv-2', wholeSet(first))).rejects.toThrow(/cannot be reached/);
    expect(machine.tell('list-br')).toBe('');
    await driver.apply('hv-1', wholeSet(first));
    await holds('hv-1', first);
  });

  it('whose sockets are elsewhere says what its document lacks', async () => {
    await give('hv-1', first);
    const place = join(machine.folder, `${bridge}.mgmt`);
    renameSync(place, `${place}.aside`);
    await expect(driverOf().mark('hv-1')).rejects.toThrow(/its document needs openflow: unix:PATH/);
    renameSync(`${place}.aside`, place);
    await holds('hv-1', first);
  });

  it('has a bridge for each shard, and no host of one is in the way of another', async () => {
    const others: Target = {
      plan: 1,
      objects: [
        ...base.filter(({ kind }) => kind === 'network'),
        { kind: 'host', host: 'hv-2', tunnelIp: '192.0.2.2', tunnel: 'vxlan' },
      ],
    };
    await give('hv-1', first);
    await driverOf('shard-2').apply('hv-2', wholeSet(others));
    await holds('hv-1', first);
    expect(machine.tell('list-br').trim().split('\n').sort()).toEqual(
      [bridge, bridgeNameOf('shard-2')].sort(),
    );
    await driverOf('shard-2').apply('hv-2', wholeSet({ ...none, plan: 2 }));
    await holds('hv-1', first);
  });
});
