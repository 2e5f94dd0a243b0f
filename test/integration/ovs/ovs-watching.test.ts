import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { learnedCookie } from '../../../src/overlay/ovs/pipeline/learned.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { inTurn } from '../../../src/runtime/in-turn.ts';
import { WatchedHost } from '../../contract/driver/watched-host.ts';
import { step, wholeSet } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, endpoint, shard } from './one-network.ts';

const first = { plan: 1, objects: base };

describeNeeding(needsOfSwitch, 'a switch that is watched', () => {
  const machine = new OvsSwitch();

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  function driverOf(): OverlayDriver {
    const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
    return ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
  }

  async function watched(): Promise<WatchedHost> {
    const stop = new AbortController();
    const changes = await driverOf().watch?.('hv-1', stop.signal);
    if (changes === undefined) throw new Error('a driver that cannot tell');
    return new WatchedHost(changes, { host: 'hv-1', stop });
  }

  async function givenAndWatched(): Promise<WatchedHost> {
    await driverOf().apply('hv-1', wholeSet(first));
    return watched();
  }

  it('tells of ports that others change, add and take away, and of its bridge', async () => {
    const host = await givenAndWatched();
    machine.tell('set', 'interface', 'vm-web-1', 'ofport_request=99');
    await host.isTold();
    machine.tell('add-port', bridge, 'vm-other');
    await host.isTold();
    machine.tell('set', 'bridge', bridge, 'other_config:mac-aging-time=99');
    await host.isTold();
    machine.tell('del-port', bridge, 'vm-web-1');
    await host.isTold();
    machine.tell('del-br', bridge);
    await host.isTold();
  });

  it('tells of a mark that others change', async () => {
    const host = await givenAndWatched();
    machine.askBridge(bridge, ['mod-group', 'group_id=0x150e0000,type=all,bucket=actions=note:01.02.03']);
    await host.isTold();
  });

  it('does not tell of ports that its driver gives and takes, nor of a host that is emptied', async () => {
    const host = await givenAndWatched();
    const second = { plan: 2, objects: [...base, endpoint(2)] };
    await driverOf().apply('hv-1', step(first, second));
    await driverOf().apply('hv-1', step(second, { ...first, plan: 3 }));
    await host.isSilent();
    await driverOf().apply('hv-1', step({ ...first, plan: 3 }, { plan: 4, objects: [] }));
    await host.isSilent();
    await driverOf().apply('hv-1', wholeSet({ plan: 5, objects: base }));
    await host.isSilent();
    machine.askBridge(bridge, ['del-flows', 'table=0']);
    await host.isTold();
  });

  it('does not tell of a bridge that its driver makes, and fills later than it is heard', async () => {
    await driverOf().apply('hv-1', wholeSet({ plan: 1, objects: [] }));
    const host = await watched();
    const filling = Promise.withResolvers<undefined>();
    const others = inTurn('flows of switches', () => filling.promise);
    const given = driverOf().apply('hv-1', wholeSet({ plan: 2, objects: base }));
    await vi.waitUntil(() => existsSync(join(machine.folder, `${bridge}.mgmt`)), { timeout: 30_000 });
    await host.isSilent();
    filling.resolve(undefined);
    await Promise.all([given, others]);
    await host.isSilent();
    machine.askBridge(bridge, ['del-flows', 'table=0']);
    await host.isTold();
  });

  it('and whose bridge goes while it is asked for its mark, is asked anew', async () => {
    await driverOf().apply('hv-1', wholeSet(first));
    const connect: Socket['connect'] = Reflect.get(Socket.prototype, 'connect');
    const connecting = vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (
      this: Socket,
      ...to
    ) {
      if (JSON.stringify(to).includes('.mgmt')) {
        connecting.mockRestore();
        machine.tell('del-br', bridge);
      }
      return Reflect.apply(connect, this, to);
    });
    expect(await driverOf().mark('hv-1')).toEqual({ kind: 'nothing' });
  });

  it('does not tell of what it learned by itself, nor of another bridge', async () => {
    const host = await givenAndWatched();
    const flow =
      'table=17,priority=10,sctp,reg11=0x5/0xffff,nw_src=10.1.0.1,nw_dst=10.1.0.2,tp_src=1,tp_dst=2';
    machine.askBridge(bridge, ['add-flow', `cookie=${learnedCookie(5)},${flow},actions=drop`]);
    machine.askBridge(bridge, ['del-flows', `cookie=${learnedCookie(5)}/-1,table=17`]);
    machine.tell('add-br', 'other', '--', 'set', 'bridge', 'other', 'datapath_type=netdev');
    machine.tell('add-port', 'other', 'vm-elsewhere');
    await host.isSilent();
    machine.askBridge(bridge, ['add-flow', `cookie=0x7,${flow},actions=drop`]);
    await host.isTold();
  });

  it.each(['ovsdb-server', 'ovs-vswitchd'] as const)('is lost once its %s starts anew', async (daemon) => {
    const host = await givenAndWatched();
    await machine.restart(daemon);
    expect(await host.isLost()).toBeInstanceOf(OverlayUnavailable);
    if (daemon === 'ovs-vswitchd') await driverOf().apply('hv-1', wholeSet({ plan: 2, objects: base }));
    await (await watched()).isSilent();
  });
});
