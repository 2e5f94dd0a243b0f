import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../infra/lab/lab.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { inTemporaryFolder } from '../../support/documents.ts';
import { command, describeNeeding } from '../../support/needs.ts';
import { labNameOf, labNeeds } from './lab-estate.ts';
import { SctpEnd } from './sctp-end.ts';

const bridge = bridgeNameOf('shard-1');

/** A name that no other lab has, also where one was left behind: sockets are where documents say. */
const name = labNameOf('sc');

const ground = `kind: Shard
shard: shard-1
overlay: ovs
tunnel: vxlan
vnis: { from: 5000, to: 5099 }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.1, ovsdb: "unix:/run/isoledger-${name}-hv-1/db.sock" }
---
{ kind: Host, host: hv-2, shard: shard-1, tunnelIp: 172.31.0.2, ovsdb: "unix:/run/isoledger-${name}-hv-2/db.sock" }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
kind: Endpoints
tenant: acme
endpoints:
  - { name: one, segment: web, ip: [10.1.0.1, "2001:db8:1::1"], mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-one }
---
{ kind: Tenant, tenant: globex, segments: [sig] }
---
kind: Endpoints
tenant: globex
endpoints:
  - { name: near, segment: sig, ip: [10.2.0.1, "2001:db8:2::1"], mac: "02:00:0a:02:00:01", host: hv-1, interface: vm-near }
  - { name: far, segment: sig, ip: [10.2.0.2, "2001:db8:2::2"], mac: "02:00:0a:02:00:02", host: hv-2, interface: vm-far }
`;

/** What one tenant may send to the other, as both sides have it. */
const calls = '[{ destination: globex/sig, segment: web, protocol: sctp, ports: [3868] }]';
const taken = '[{ source: acme/web, segment: sig, protocol: sctp, ports: [3868] }]';
const callsBack = '[{ destination: acme/web, segment: sig, protocol: sctp, ports: [2905] }]';
const takenBack = '[{ source: globex/sig, segment: web, protocol: sctp, ports: [2905] }]';

const forward = [
  `{ kind: Policy, tenant: acme, egress: ${calls} }`,
  `{ kind: Policy, tenant: globex, ingress: ${taken} }`,
];
const both = [
  `{ kind: Policy, tenant: acme, egress: ${calls}, ingress: ${takenBack} }`,
  `{ kind: Policy, tenant: globex, ingress: ${taken}, egress: ${callsBack} }`,
];
const backOnly = [
  `{ kind: Policy, tenant: acme, ingress: ${takenBack} }`,
  `{ kind: Policy, tenant: globex, egress: ${callsBack} }`,
];
const none = ['{ kind: Policy, tenant: acme }', '{ kind: Policy, tenant: globex }'];

describeNeeding([...labNeeds, command('python3', 'python3')], 'SCTP between workloads', () => {
  let lab: Lab;

  beforeAll(async () => {
    const tell = { err: (): void => undefined, progress: (): void => undefined };
    lab = await inTemporaryFolder(async (estate) => {
      writeFileSync(join(estate, 'ground.yaml'), ground);
      writeFileSync(join(estate, 'policies.yaml'), none.join('\n---\n'));
      return await Lab.up({ name, estate, drive: true, tell });
    });
  });

  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  async function grant(policies: readonly string[]): Promise<void> {
    writeFileSync(join(lab.place.estate, 'policies.yaml'), policies.join('\n---\n'));
    for (const words of [['apply', lab.place.estate], ['sync']]) {
      const ran = await lab.isoledger(words);
      expect(ran).toMatchObject({ code: 0 });
    }
  }

  /** How many associations the switch of a host knows at its ports, the most first. */
  async function known(host: string): Promise<number[]> {
    const words = ['ovs-ofctl', '-O', 'OpenFlow15', 'dump-flows', bridge, 'table=17'];
    const { out } = await lab.tool(host, words);
    const zones = Map.groupBy(out.match(/cookie=0x150f\w+/g) ?? [], (cookie) => cookie);
    return Array.from(zones.values(), (flows) => flows.length).sort((a, b) => b - a);
  }

  describe.each([
    { where: 'on one host', name: 'near', tail: 1 },
    { where: 'on two hosts', name: 'far', tail: 2 },
  ])('$where', ({ name, tail }) => {
    it.each([
      { family: 'IPv4', own: '10.1.0.1', other: `10.2.0.${String(tail)}` },
      { family: 'IPv6', own: '2001:db8:1::1', other: `2001:db8:2::${String(tail)}` },
    ])(
      'passes by $family to the port that is granted, and back only as the reply to that',
      async ({ own, other }) => {
        await grant(forward);
        using caller = await SctpEnd.at(lab, 'acme/one', own);
        using called = await SctpEnd.at(lab, `globex/${name}`, other);
        const asks = (ports: [number, number]) => ({ to: called, ports, chunk: 'INIT' as const });
        const answers = (ports: [number, number]) => ({ to: caller, ports, chunk: 'INIT ACK' as const });
        const asksBack = (ports: [number, number]) => ({ to: caller, ports, chunk: 'INIT' as const });

        expect(await called.isDropped(answers([3868, 2905]))).toBe(true);
        expect(await caller.passes(asks([2905, 3868]))).toBe(true);
        expect(await called.passes(answers([3868, 2905]))).toBe(true);
        expect(await caller.isDropped(asks([2905, 3869]))).toBe(true);
        expect(await called.isDropped(answers([3869, 2905]))).toBe(true);
        expect(await called.isDropped(answers([3868, 2906]))).toBe(true);
        expect(await called.isDropped(asksBack([3868, 22]))).toBe(true);
        expect(await called.isDropped(asksBack([2905, 3868]))).toBe(true);

        await grant(none);
        expect(await caller.isDropped(asks([2905, 3868]))).toBe(true);
        expect(await called.isDropped(answers([3868, 2905]))).toBe(true);
      },
    );
  });

  it('follows an association that both ends may open by what is granted now', async () => {
    await grant(both);
    using caller = await SctpEnd.at(lab, 'acme/one', '10.1.0.1');
    using called = await SctpEnd.at(lab, 'globex/far', '10.2.0.2');
    const there = { to: called, ports: [2905, 3868] as const, chunk: 'INIT' as const };
    const back = { to: caller, ports: [3868, 2905] as const, chunk: 'INIT' as const };
    expect(await caller.passes(there)).toBe(true);
    expect(await called.passes(back)).toBe(true);
    // What was opened in one direction is opened in the other, where that alone is granted.
    await grant(backOnly);
    expect(await called.passes(back)).toBe(true);
    expect(await caller.passes(there)).toBe(true);
    expect(await caller.isDropped({ ...there, ports: [2904, 3868] })).toBe(true);
  });

  it('passes in fragments by IPv4 from who calls, where all ports are granted, and in no other way', async () => {
    const large = { chunk: 'INIT', length: 3000 } as const;
    const [own, other] = [['10.1.0.1', '2001:db8:1::1'] as const, ['10.2.0.2', '2001:db8:2::2'] as const];
    for (const [policies, isAll] of [
      [forward, false],
      [forward.map((policy) => policy.replaceAll(', ports: [3868]', '')), true],
    ] as const) {
      await grant(policies);
      for (const family of [0, 1] as const) {
        using caller = await SctpEnd.at(lab, 'acme/one', own[family]);
        using called = await SctpEnd.at(lab, 'globex/far', other[family]);
        const there = { to: called, ports: [2905, 3868] as const };
        expect(await caller.passes({ ...there, chunk: 'INIT' })).toBe(true);
        const passes = !(await caller.isDropped({ ...there, ...large }));
        expect([own[family], passes]).toEqual([own[family], isAll && family === 0]);
        expect(await called.isDropped({ to: caller, ports: [3868, 2905], ...large })).toBe(true);
      }
    }
  });

  it('leaves nothing behind that would be taken for a change', async () => {
    await grant(forward);
    using caller = await SctpEnd.at(lab, 'acme/one', '10.1.0.1');
    using called = await SctpEnd.at(lab, 'globex/far', '10.2.0.2');
    expect(await caller.passes({ to: called, ports: [1000, 3868], chunk: 'INIT' })).toBe(true);
    for (const host of ['hv-1', 'hv-2']) expect((await known(host)).length).toBeGreaterThan(0);
    expect(await lab.isoledger(['rebuild', '--shard', 'shard-1', '--dry-run'])).toMatchObject({ code: 0 });
    const probed = async (dstPort: number): Promise<unknown> => {
      const packet = { src: '10.2.0.2', dst: '10.1.0.1', protocol: 'sctp', srcPort: 3868, dstPort };
      const { out } = await lab.isoledger(['probe', '--json', 'globex/far', JSON.stringify(packet)]);
      return JSON.parse(out);
    };
    expect(await probed(1000)).toMatchObject({ delivered: true, to: 'acme/one' });
    expect(await probed(1001)).toMatchObject({ delivered: false });
  });

  // Last, since its ports are full after it.
  it('knows so many associations at a port, and those at another all the same', async () => {
    await grant(forward);
    using caller = await SctpEnd.at(lab, 'acme/one', '10.1.0.1');
    using near = await SctpEnd.at(lab, 'globex/near', '10.2.0.1');
    using far = await SctpEnd.at(lab, 'globex/far', '10.2.0.2');
    const many = Array.from({ length: 4300 }, (_, index) => 10_000 + index);
    await caller.floods(far, { ports: many, port: 3868 });
    // A machine with much to do loses some of so many packets: those that are not known yet are sent again.
    for (let attempt = 0; attempt < 5 && (await known('hv-2'))[0] !== 4096; attempt += 1) {
      await caller.floods(far, { ports: many, port: 3868 });
      await pause(500);
    }
    // Not beyond that of the caller's port on its host, and of the port that is called on the other.
    await expect.poll(async () => (await known('hv-2'))[0], { timeout: 10_000 }).toBe(4096);
    expect((await known('hv-1'))[0]).toBe(4096);
    const late = { ports: [9999, 3868] as const, chunk: 'INIT' as const };
    expect(await caller.passes({ to: near, ...late })).toBe(true);
    expect(await near.isDropped({ to: caller, ports: [3868, 9999], chunk: 'INIT ACK' })).toBe(true);
    expect((await known('hv-1')).length).toBe(2);
  });
});
