import { afterAll, beforeEach, expect, it } from 'vitest';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { passingBridgeOf } from '../../../src/overlay/ovs/switch/cached-flows.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { base, bridge, endpoint, shard } from './one-network.ts';

const target: Target = { plan: 1, objects: [...base, endpoint(2)] };
const [one, two] = ['vm-web-1', 'vm-web-2'];
const passing = passingBridgeOf(bridge);

describeNeeding(needsOfSwitch, 'what a switch decided before and keeps for packets that go on', () => {
  const machine = new OvsSwitch();
  for (const device of [one, two])
    machine.inside('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}-in`);
  for (const device of [one, two, `${one}-in`, `${two}-in`])
    machine.inside('ip', 'link', 'set', device, 'up');
  machine.inside('ip', 'address', 'add', '10.9.0.1/24', 'dev', `${one}-in`);

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  function driver(): OverlayDriver {
    const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
    return ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
  }

  /** Of the packets that come in at the first device, what is done with them, as far as the switch keeps it. */
  function decisions(): string[] {
    return machine
      .control('dpctl/dump-flows', '-m')
      .split('\n')
      .filter((line) => line.includes(`in_port(${one})`))
      .map((line) => /actions:([^ ]*?),? *(dp-extra|$)/.exec(line)?.[1] ?? line);
  }

  /** Somebody asks for the address of nobody: our flows drop that. */
  function call(): void {
    machine.inside('sh', '-c', 'ping -c 1 -W 1 10.9.0.2 || true');
  }

  function mirrorToTheOther(): void {
    machine.tell(
      ...['--', '--id=@p', 'get', 'port', two, '--', '--id=@m', 'create', 'mirror', 'name=m'],
      ...['select-all=true', 'output-port=@p', '--', 'set', 'bridge', bridge, 'mirrors=@m'],
    );
  }

  it('is forgotten with a whole set, as when a mirror was there meanwhile: a switch does not look at it again by itself', async () => {
    await driver().apply('hv-1', wholeSet(target));
    const leftOver = (): string[] => {
      mirrorToTheOther();
      call();
      machine.tell('clear', 'bridge', bridge, 'mirrors');
      return decisions();
    };
    // On a busy machine something else may make the switch look again.
    await expect.poll(leftOver, { timeout: 60_000 }).toContain(two);
    await driver().apply('hv-1', wholeSet(target));
    expect(decisions()).not.toContain(two);
    call();
    expect(decisions()).not.toContain(two);
    expect(machine.tell('list-br').split('\n')).not.toContain(passing);
  });

  it('is kept by a step, for which nothing was found wrong', async () => {
    await driver().apply('hv-1', wholeSet(target));
    const decided = (): string[] => {
      call();
      return decisions();
    };
    await expect.poll(decided, { timeout: 10_000 }).not.toEqual([]);
    const next = { plan: 2, objects: [...target.objects, endpoint(3)] };
    await driver().apply('hv-1', step(target, next));
    expect(decisions()).not.toEqual([]);
  });

  it('is forgotten also where an earlier try was cut off in between, and not where the name is taken by somebody else', async () => {
    await driver().apply('hv-1', wholeSet(target));
    const left = ['add-br', passing, '--', 'set', 'bridge', passing, 'datapath_type=netdev'];
    machine.tell(...left, `external_ids:isoledger=${passing}`);
    await driver().apply('hv-1', wholeSet(target));
    expect(machine.tell('list-br').split('\n')).not.toContain(passing);
    machine.tell(...left);
    await expect(driver().apply('hv-1', wholeSet(target))).rejects.toThrow(`ovs-vsctl del-br ${passing}`);
    expect(machine.tell('list-br').split('\n')).toContain(passing);
  });
});
