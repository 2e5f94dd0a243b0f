import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import type { DriverFor } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { verify, type Verdict } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { step, wholeSet, type Target } from '../../support/host-change.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';
import { Stage } from '../../support/stage.ts';
import { base, bridge, shard } from './one-network.ts';

const device = 'vm-red-1';

describeNeeding(needsOfSwitch, 'the first set of a bridge', () => {
  const machine = new OvsSwitch();

  beforeEach(() => {
    machine.clear();
  });

  afterAll(() => {
    machine.end();
  });

  const documents = `
{ kind: Shard, shard: ${shard}, overlay: ovs, vnis: { from: 7300, to: 7399 } }
---
{ kind: Host, host: hx, shard: ${shard}, tunnelIp: 172.30.14.1, ovsdb: "${machine.ovsdb}" }
---
{ kind: Tenant, tenant: red, segments: [web] }
---
kind: Endpoints
tenant: red
endpoints:
  - { name: one, segment: web, ip: 10.75.1.11, mac: "02:00:0a:4b:01:0b", host: hx, interface: ${device} }
`;

  /** A driver beside which somebody does something as soon as our bridge is in the database. */
  function besideFirst(stage: Stage, meddle: () => void): DriverFor {
    return (document, hosts) => {
      const driver = ovsDriver({ ledger: stage.ledger.id, shard: document.shard, hosts, clock: systemClock });
      const meddled = async (): Promise<void> => {
        await vi.waitUntil(() => machine.tell('--no-wait', 'list-br').includes(bridge), { interval: 5 });
        meddle();
      };
      return {
        name: driver.name,
        mark: (host) => driver.mark(host),
        read: (host, expected) => driver.read(host, expected),
        apply: async (host, change) => {
          const isFirst = !machine.tell('--no-wait', 'list-br').includes(bridge);
          const [held] = await Promise.allSettled([driver.apply(host, change), isFirst && meddled()]);
          if (held.status === 'rejected') throw held.reason;
          return held.value;
        },
      };
    };
  }

  async function verdictOf({ ledger, clock }: Stage): Promise<Verdict> {
    return (await verify(ledger, { at: { kind: 'now' }, lane: 'applied', clock })).verdict;
  }

  it.each([
    {
      what: 'a mirror',
      meddle: () => {
        machine.tell('--no-wait', '--', '--id=@m', 'create', 'mirror', 'name=m', 'select-all=true', '--', 'set', 'bridge', bridge, 'mirrors=@m'); // prettier-ignore
      },
      undo: () => machine.tell('clear', 'bridge', bridge, 'mirrors'),
    },
    {
      what: 'a flow that decides',
      meddle: () => {
        machine.askBridge(bridge, ['add-flow', 'priority=65000,actions=NORMAL']);
      },
      undo: () => machine.askBridge(bridge, ['--strict', 'del-flows', 'priority=65000']),
    },
  ])(
    'is not acknowledged beside $what that came as it was put, whoever tries next',
    async ({ meddle, undo }) => {
      const stage = new Stage(new ManualClock('2026-03-01T12:00:00.000Z'));
      await stage.enact(documents);
      const driverFor = besideFirst(stage, meddle);
      const first = await stage.sync({ shards: [shard], driverFor, timeoutMs: 0 });
      expect(first.shards[0]?.absent).toMatchObject([{ host: 'hx' }]);
      await stage.quarantine('red');
      const cut = await stage.sync({
        shards: [shard],
        driverFor,
        only: 'cuts',
        reads: 'marks',
        timeoutMs: 0,
      });
      expect(cut.shards[0]?.absent).toMatchObject([{ host: 'hx' }]);
      expect(await verdictOf(stage)).toBe('unknown');
      expect((await stage.drifts()).map(({ host }) => host)).toEqual(['hx']);
      undo();
      await stage.sync({ shards: [shard], driverFor, timeoutMs: 0 });
      expect(await verdictOf(stage)).toBe('proven');
    },
  );

  /** A tunnel of somebody else on a bridge beside ours. */
  function tunnelElsewhere(...options: readonly string[]): void {
    machine.tell('add-br', 'br-other', '--', 'set', 'bridge', 'br-other', 'datapath_type=netdev', '--', 'add-port', 'br-other', 'vm-taking', '--', 'set', 'interface', 'vm-taking', ...options); // prettier-ignore
  }

  const taking =
    /interface vm-taking of others, on bridge br-other, takes what comes in through tunnels for ours/;

  it.each(['vxlan', 'geneve'])(
    'is not acknowledged beside a %s tunnel of others that was there before',
    async (type) => {
      tunnelElsewhere(`type=${type}`, 'options:key=7350', 'options:remote_ip=flow');
      const stage = new Stage(new ManualClock('2026-03-01T12:00:00.000Z'));
      await stage.enact(documents);
      const driverFor: DriverFor = (document, hosts) =>
        ovsDriver({ ledger: stage.ledger.id, ...document, hosts, clock: systemClock });
      for (let times = 0; times < 2; times += 1) {
        const { shards } = await stage.sync({ shards: [shard], driverFor, timeoutMs: 0 });
        expect(shards[0]?.absent[0]?.problem).toMatch(taking);
        expect(await verdictOf(stage)).toBe('unknown');
      }
      machine.tell('del-br', 'br-other');
      await stage.sync({ shards: [shard], driverFor, timeoutMs: 0 });
      expect(await verdictOf(stage)).toBe('proven');
    },
  );

  it.each<{ what: string; object: OverlayObject; options: readonly string[] }>([
    {
      what: 'a network',
      object: { kind: 'network', vni: 101, segment: 'acme/db' },
      options: ['options:key=101', 'options:remote_ip=flow'],
    },
    {
      what: 'a host',
      object: { kind: 'host', host: 'hv-2', tunnelIp: '192.0.2.2', tunnel: 'geneve' },
      options: ['options:key=100', 'options:remote_ip=192.0.2.2'],
    },
  ])(
    'and a later one that brings $what are told where a tunnel of others takes that',
    async ({ object, options }) => {
      const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
      const driver = ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
      const first: Target = { plan: 1, objects: base };
      const second: Target = { plan: 2, objects: [...base, object] };
      tunnelElsewhere('type=geneve', ...options);
      await driver.apply('hv-1', wholeSet(first));
      await expect(driver.apply('hv-1', step(first, second))).rejects.toThrow(taking);
    },
  );
});
