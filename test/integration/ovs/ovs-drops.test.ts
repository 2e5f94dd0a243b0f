import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import { ovsDriver } from '../../../src/overlay/ovs/driver.ts';
import { virtualMac } from '../../../src/overlay/ovs/pipeline/tables.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import type { DropCount, OverlayDriver } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { expectedSet, step, wholeSet, type Target } from '../../support/host-change.ts';
import { Workplace } from '../../support/command-line.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

/** The same by documents: each may open one port of the other, and sends to another one. */
const documents = (ovsdb: string): string => `
kind: Shard
shard: shard-1
overlay: ovs
vnis: { from: 5000, to: 5099 }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 192.0.2.1, ovsdb: "${ovsdb}" }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
{ kind: Tenant, tenant: globex, segments: [app] }
---
kind: Endpoints
tenant: acme
endpoints: [{ name: web-1, segment: web, ip: 10.1.0.1, mac: "${mac}", host: hv-1, interface: ${device} }]
---
kind: Endpoints
tenant: globex
endpoints: [{ name: app-1, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:02:01", host: hv-1, interface: vm-app-1 }]
---
kind: Policy
tenant: acme
egress: [{ destination: globex/app, segment: web, protocol: tcp, ports: [443] }]
---
kind: Policy
tenant: globex
ingress: [{ source: acme/web, segment: app, protocol: tcp, ports: [443] }]
`;

const shard = 'shard-1';
const bridge = bridgeNameOf(shard);
/** Of the first endpoint. */
const device = 'vm-acme-web-1';
const mac = '02:00:00:00:01:01';

function endpoint(name: string, { vni, ip }: { vni: number; ip: string }): OverlayObject {
  const at = { host: 'hv-1', interface: `vm-${name.replace('/', '-')}` };
  return { kind: 'binding', endpoint: name, vni, ...at, mac, ips: [ip] };
}

/** Two networks that find each other, of which nothing is granted to either. */
const strangers: Target = {
  plan: 1,
  objects: [
    { kind: 'network', vni: 100, segment: 'acme/web' },
    { kind: 'network', vni: 200, segment: 'globex/app' },
    { kind: 'host', host: 'hv-1', tunnelIp: '192.0.2.1', tunnel: 'vxlan' },
    { kind: 'route', from: 100, to: 200 },
    endpoint('acme/web-1', { vni: 100, ip: '10.1.0.1' }),
    endpoint('globex/app-1', { vni: 200, ip: '10.2.0.1' }),
  ],
};

const cutOff: Target = {
  plan: 2,
  objects: [
    ...strangers.objects,
    {
      ...{ kind: 'acl', id: 'ab'.repeat(12), side: 'egress', from: 'acme/web', to: '*' },
      ...{ protocol: 'any', action: 'deny', tier: 'quarantine' },
    },
  ],
};

/** A datagram of the first endpoint, as hexadecimal. */
function datagramTo(ip: string): string {
  const address = (text: string): number[] => text.split('.').map(Number);
  const head = [0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, ...address('10.1.0.1'), ...address(ip)];
  const words = Array.from({ length: 10 }, (_, index) => Buffer.from(head).readUInt16BE(2 * index));
  const sum = words.reduce((total, word) => total + word, 0);
  head.splice(10, 2, ...twoBytes(0xffff - ((sum % 0x1_0000) + Math.floor(sum / 0x1_0000))));
  const ethernet = [virtualMac, mac].flatMap((text) => text.split(':').map((byte) => Number(`0x${byte}`)));
  const udp = [...twoBytes(4000), ...twoBytes(5000), ...twoBytes(8), 0, 0];
  return Buffer.from([...ethernet, 8, 0, ...head, ...udp]).toString('hex');
}

function twoBytes(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

describeNeeding(needsOfSwitch, 'the counters of a real switch', () => {
  const machine = new OvsSwitch();

  function driver(): OverlayDriver {
    const hosts = new Map([['hv-1', { ovsdb: machine.ovsdb }]]);
    return ovsDriver({ ledger: 'ledger-1', shard, hosts, clock: systemClock });
  }

  async function counted(target: Target): Promise<readonly DropCount[] | undefined> {
    const counts = await driver().drops?.('hv-1', expectedSet(target.objects));
    return counts?.filter(({ packets }) => packets > 0);
  }

  function send(ip: string): void {
    const port = machine.tell('get', 'interface', device, 'ofport_request').trim();
    const packet = `in_port=${port},packet=${datagramTo(ip)},actions=table`;
    machine.askBridge(bridge, ['packet-out', packet]);
  }

  /** A packet goes on past connection tracking only if it came from a port that is there. */
  async function plugIn(): Promise<void> {
    machine.inside('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'peer-1');
    await expect.poll(() => machine.tell('get', 'interface', device, 'ofport').trim()).toMatch(/^[1-9]/);
  }

  beforeEach(() => {
    machine.clear();
  });

  afterEach(() => {
    if (machine.inside('ip', '-o', 'link').includes(device)) machine.inside('ip', 'link', 'del', device);
  });

  afterAll(() => {
    machine.end();
  });

  describe('of dropped packets', () => {
    it('tell who attempted what nobody granted, and what was sent to nobody', async () => {
      await driver().apply('hv-1', wholeSet(strangers));
      await plugIn();
      expect(await counted(strangers)).toEqual([]);
      for (const ip of ['10.2.0.1', '10.2.0.1', '10.9.9.9']) send(ip);
      await expect
        .poll(async () => counted(strangers), { timeout: 60_000 })
        .toEqual([
          { from: 'acme/web', to: null, by: 'no-address', packets: 1 },
          { from: 'acme/web', to: 'globex/app', by: 'default', packets: 2 },
        ]);
    });

    it('tell what quarantine stopped, and keep what they had counted', async () => {
      await driver().apply('hv-1', wholeSet(strangers));
      await plugIn();
      send('10.2.0.1');
      await driver().apply('hv-1', step(strangers, cutOff));
      send('10.2.0.1');
      await expect
        .poll(async () => counted(cutOff), { timeout: 60_000 })
        .toEqual([
          { from: 'acme/web', to: null, by: 'quarantine', packets: 1 },
          { from: 'acme/web', to: 'globex/app', by: 'default', packets: 1 },
        ]);
    });

    it('are none where a host holds nothing', async () => {
      expect(await counted(strangers)).toEqual([]);
    });

    it('cannot be read where nobody knows whose networks those are, or the switch is away', async () => {
      await driver().apply('hv-1', wholeSet(strangers));
      await expect(counted(cutOff)).rejects.toThrow(
        /holds plan 1, and whose networks that plan has is not known/,
      );
      const back = machine.cutOff();
      await expect(counted(strangers)).rejects.toThrow(OverlayUnavailable);
      back();
    });
  });

  it('are shown by status at once, recorded by a sync, and kept where the switch forgets them', async () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'estate.yaml'), documents(machine.ovsdb));
    await place.succeed('apply', join(place.folder, 'estate.yaml'));
    await place.succeed('sync');
    await plugIn();
    for (const ip of ['10.2.0.1', '10.2.0.1', '10.9.9.9']) send(ip);
    const row = /shard-1 +acme\/web +globex\/app +not granted +2 /;
    await expect.poll(() => place.succeed('status'), { timeout: 60_000 }).toMatch(row);
    expect(await place.succeed('log', '--type', 'DropsObserved')).toMatch(/no entry/);
    await place.succeed('sync');
    for (const tenant of ['acme', 'globex'])
      expect(await place.succeed('log', '--tenant', tenant, '--type', 'DropsObserved')).toMatch(
        /host hv-1 dropped packets: acme\/web -> globex\/app \(not granted\) 2 and acme\/web -> nobody/,
      );
    await machine.restart('ovs-vswitchd');
    await place.succeed('sync');
    expect(await place.succeed('status')).toMatch(row);
    send('10.2.0.1');
    await expect
      .poll(() => place.succeed('status'), { timeout: 60_000 })
      .toMatch(/globex\/app +not granted +3 /);
    const back = machine.cutOff();
    expect(await place.succeed('status')).toMatch(/shard-1: what hv-1 dropped cannot be read now/);
    const told: unknown = JSON.parse(await place.succeed('status', '--json'));
    back();
    expect(told).toMatchObject({
      shards: [{ attempts: { counted: true, unread: [{ host: 'hv-1' }], pairs: [{}, {}] } }],
    });
  });
});
