import { describe, expect, it } from 'vitest';
import type { Prune } from '../../../src/domain/prune.ts';
import { decideOn, estateOf } from '../../support/documents.ts';

const host = (n: number, more = `, ovsdb: "unix:/run/${n}/db.sock"`): string =>
  `{ kind: Host, host: hv-${n}, shard: shard-${n}, tunnelIp: 172.31.0.${n}${more} }`;

const shard = (n: number, overlay: string): string =>
  `{ kind: Shard, shard: shard-${n}, overlay: ${overlay}, vnis: { from: ${n}000, to: ${n}099 } }`;

const external = (name: string, gateway = ''): string =>
  `{ kind: External, external: ${name}, cidrs: [198.51.100.0/24]${gateway} }`;

const gateway = (more = ''): string => `, gateway: { host: hv-1, interface: ext-0${more} }`;

const mac = ', mac: "02:00:0a:00:00:01"';

/** Shard 1 is of switches, shard 2 is not. `a` and `b` stand on the former, `c` and `d` on the latter. */
const ground = [
  ...[shard(1, 'ovs'), shard(2, 'embedded'), host(1), host(2, '')],
  ...['a', 'b'].map((tenant) => `{ kind: Tenant, tenant: ${tenant}, shard: shard-1, segments: [s, t] }`),
  ...['c', 'd'].map((tenant) => `{ kind: Tenant, tenant: ${tenant}, shard: shard-2, segments: [s, t] }`),
  external('vpn', gateway(mac)),
].join('\n---\n');

const egress = (tenant: string, rule: string): string =>
  `{ kind: Policy, tenant: ${tenant}, egress: [{ ${rule} }] }`;
const ingress = (tenant: string, rule: string): string =>
  `{ kind: Policy, tenant: ${tenant}, ingress: [{ ${rule} }] }`;

/** What is said against documents on the ground and others, each as `kind name path: message`; nothing where they are accepted. */
async function complaints(
  documents: readonly string[],
  { on = [], prune }: { on?: readonly string[]; prune?: Prune } = {},
): Promise<string[]> {
  const intended = await estateOf(ground, ...on);
  const decision = await decideOn(documents.join('\n---\n'), { intended, ...(prune && { prune }) });
  if (decision.kind === 'accepted') return [];
  return decision.problems.map(({ kind, at, message, found, allowed }) => {
    const path = at.path.map((step) => (/^[0-9a-f]{24}$/.test(step) ? '*' : step)).join('.');
    expect([kind, found, allowed]).toEqual(['refused', expect.any(String), expect.any(String)]);
    return `${at.kind} ${at.name} ${path}: ${message}`;
  });
}

describe('a host of a shard of switches', () => {
  const lacks =
    'is a switch, since shard-1 has the overlay ovs, and its document does not say how that is reached';

  it('says how it is reached; any other may leave that out', async () => {
    expect(await complaints([host(1, '')])).toEqual([`Host hv-1 ovsdb: host hv-1 ${lacks}`]);
    expect(await complaints([host(2, '')])).toEqual([]);
    expect(await complaints([host(2)])).toEqual([]);
    const stranger = '{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 172.31.0.9 }';
    expect(await complaints([stranger])).toEqual([`Host hv-9 ovsdb: host hv-9 ${lacks}`]);
  });

  it('says so also where the shard changes, which is then named', async () => {
    expect(await complaints([shard(2, 'ovs')])).toEqual([
      'Shard shard-2 overlay: host hv-2 is a switch, since shard-2 has the overlay ovs, and its document does not say how that is reached',
    ]);
    expect(await complaints([shard(2, 'ovs'), host(2)])).toEqual([]);
    expect(await complaints([shard(1, 'embedded'), host(1, '')])).toEqual([]);
  });

  it('says how its flows are reached, unless that follows from a socket', async () => {
    const ssl = ', ovsdb: "ssl:192.0.2.1:6640"';
    expect(await complaints([host(1, ssl)])).toEqual([
      'Host hv-1 openflow: host hv-1 is reached by ssl, from which it does not follow how the flows of its bridge are reached: its document does not say',
    ]);
    expect(await complaints([host(1, `${ssl}, openflow: "ssl:192.0.2.1:6653"`)])).toEqual([]);
    expect(await complaints([host(2, ssl)])).toEqual([]);
  });
});

describe('a gateway at a switch', () => {
  const lacks =
    'the gateway of vpn has no mac: its host hv-1 is a switch, since shard-1 has the overlay ovs, and sends to the MAC address of the next hop';

  it('has the MAC address of its next hop', async () => {
    expect(await complaints([external('vpn', gateway())])).toEqual([`External vpn gateway.mac: ${lacks}`]);
    expect(await complaints([external('vpn')])).toEqual([]);
    const elsewhere = ', gateway: { host: hv-2, interface: ext-0 }';
    expect(await complaints([external('vpn', elsewhere)])).toEqual([]);
  });

  it('has it also where the shard changes, which is then named', async () => {
    const on = [`${shard(1, 'embedded')}\n---\n${external('vpn', gateway())}`];
    expect(await complaints([shard(1, 'ovs')], { on })).toEqual([`Shard shard-1 overlay: ${lacks}`]);
  });
});

describe('a service by SCTP', () => {
  const offering = (tenant: string, at: number, protocol: string): string =>
    `{ kind: Tenant, tenant: ${tenant}, shard: shard-${at}, segments: [s, t], services: [{ name: m, segment: s, protocol: ${protocol} }] }`;
  const words =
    'a offers m by sctp, and stands on shard-1: the connection tracking of its overlay ovs knows no ports of SCTP';

  it('is refused of a tenant that stands among switches', async () => {
    expect(await complaints([offering('a', 1, 'sctp')])).toEqual([`Tenant a services.m.protocol: ${words}`]);
    expect(await complaints([offering('a', 1, 'any')])).toEqual([]);
    expect(await complaints([offering('c', 2, 'sctp')])).toEqual([]);
  });

  it('is refused also where the tenant moves there, or its shard changes', async () => {
    const on = [`{ kind: Tenant, tenant: a, shard: shard-2, segments: [s, t] }`, offering('a', 2, 'sctp')];
    expect(await complaints([offering('a', 1, 'sctp')], { on })).toEqual([
      `Tenant a services.m.protocol: ${words}`,
    ]);
    const before = [shard(1, 'embedded'), offering('a', 1, 'sctp')];
    expect(await complaints([shard(1, 'ovs')], { on: before })).toEqual([`Shard shard-1 overlay: ${words}`]);
  });
});

describe('a rule that names SCTP', () => {
  const where = 'is on shard-1: the connection tracking of its overlay ovs knows no ports of SCTP';
  const asking = (from: string, to: string): string =>
    egress(from, `destination: ${to}/s, protocol: sctp, ports: [1, 5]`);
  const taking = (to: string, from: string): string => ingress(to, `source: ${from}, protocol: sctp`);

  it('is refused where it grants something, and one of the ends is on a switch', async () => {
    expect(await complaints([asking('a', 'b'), taking('b', 'a')])).toEqual([
      `Policy a egress.*.protocol: the egress rule of a to b/s lets a/s reach b/s by sctp/1,5, and a/s ${where}`,
    ]);
    expect(await complaints([asking('a', 'c'), taking('c', 'a')])).toHaveLength(1);
    expect(await complaints([asking('c', 'a'), taking('a', 'c')])).toEqual([
      `Policy c egress.*.protocol: the egress rule of c to a/s lets c/s reach a/s by sctp/1,5, and a/s ${where}`,
    ]);
    expect(await complaints([asking('c', 'd'), taking('d', 'c')])).toEqual([]);
  });

  it('is refused whichever of the two sides names it, and of several pairs the first is told', async () => {
    const any = 'protocol: any';
    expect(await complaints([egress('a', `destination: b, ${any}`), taking('b', 'a')])).toEqual([
      `Policy b ingress.*.protocol: the ingress rule of b from a lets a/s reach b/s by sctp, and a/s ${where}`,
    ]);
    expect(
      await complaints([egress('a', 'destination: b, protocol: sctp'), ingress('b', `source: '*', ${any}`)]),
    ).toHaveLength(1);
    expect(
      await complaints([egress('a', `destination: b, ${any}`), ingress('b', "source: '*', protocol: sctp")]),
    ).toEqual([
      `Policy b ingress.*.protocol: the ingress rule of b from * lets a/s reach b/s by sctp, and a/s ${where}`,
    ]);
    const both = [egress('a', `destination: b, ${any}`), ingress('b', `source: a, ${any}`)];
    expect(await complaints(both)).toEqual([]);
  });

  it('is no grant while the other side does not consent, nor where both ask for other ports', async () => {
    expect(await complaints([asking('a', 'b')])).toEqual([]);
    const other = ingress('b', 'source: a, protocol: sctp, ports: [7]');
    expect(await complaints([asking('a', 'b'), other])).toEqual([]);
    expect(await complaints([taking('b', 'a')], { on: [asking('a', 'b')] })).toEqual([
      expect.stringMatching(/^Policy b ingress: the egress rule of a to b\/s lets a\/s reach b\/s/),
    ]);
  });

  it('is refused to an external, and to one whose gateway alone is at a switch', async () => {
    expect(await complaints([egress('a', 'destination: vpn, protocol: sctp')])).toHaveLength(1);
    expect(await complaints([ingress('c', 'source: vpn, protocol: sctp')])).toEqual([
      `Policy c ingress.*.protocol: the ingress rule of c from vpn lets vpn reach c/s by sctp, and vpn ${where}`,
    ]);
    const all = "source: '*', protocol: sctp }, { source: vpn, protocol: any";
    expect(await complaints([ingress('c', all)])).toEqual([]);
    const nowhere = '{ kind: External, external: nowhere, cidrs: [203.0.113.0/24] }';
    expect(await complaints([nowhere, ingress('c', 'source: nowhere, protocol: sctp')])).toEqual([]);
  });

  it('is refused by what a service offers, and inside a tenant', async () => {
    const offering =
      '{ kind: Tenant, tenant: c, shard: shard-2, segments: [s, t], services: [{ name: m, segment: s, protocol: sctp, ports: [9] }] }';
    const consent = ingress('c', "source: '*', protocol: any");
    expect(
      await complaints([egress('a', 'destination: m')], { on: [`${offering}\n---\n${consent}`] }),
    ).toEqual([
      `Policy a egress.*.protocol: the egress rule of a to m lets a/s reach c/s by sctp/9, and a/s ${where}`,
    ]);
    expect(
      await complaints([egress('d', 'destination: m')], { on: [`${offering}\n---\n${consent}`] }),
    ).toEqual([]);
    const apart = '{ kind: Tenant, tenant: a, shard: shard-1, intraTenant: segments, segments: [s, t] }';
    const own =
      '{ kind: Policy, tenant: a, egress: [{ destination: a/t, segment: s, protocol: sctp }], ingress: [{ source: a/s, segment: t, protocol: any }] }';
    expect(await complaints([apart, own])).toHaveLength(1);
    expect(await complaints([own])).toEqual([]);
  });

  it('is refused also where the shard changes, which is then named, or a tenant moves there', async () => {
    const before = [shard(1, 'embedded'), `${asking('a', 'b')}\n---\n${taking('b', 'a')}`];
    expect(await complaints([shard(1, 'ovs')], { on: before })).toEqual([
      `Shard shard-1 overlay: the egress rule of a to b/s lets a/s reach b/s by sctp/1,5, and a/s ${where}`,
    ]);
    const elsewhere = [`${asking('c', 'd')}\n---\n${taking('d', 'c')}`];
    const moved = '{ kind: Tenant, tenant: d, shard: shard-1, segments: [s, t] }';
    expect(await complaints([moved], { on: elsewhere })).toEqual([
      `Tenant d shard: the egress rule of c to d/s lets c/s reach d/s by sctp/1,5, and d/s ${where}`,
    ]);
  });

  it('is not looked for where no document names SCTP', async () => {
    expect(await complaints(['{ kind: Host, host: hv-5, shard: shard-2, tunnelIp: 172.31.0.5 }'])).toEqual(
      [],
    );
  });
});
