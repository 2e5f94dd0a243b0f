import { describe, expect, it } from 'vitest';
import { virtualMac } from '../../../src/overlay/ovs/pipeline/tables.ts';
import { decideOn, estateOf } from '../../support/documents.ts';

const host = (n: number, more = `, ovsdb: "unix:/run/${n}/db.sock"`): string =>
  `{ kind: Host, host: hv-${n}, shard: shard-${n}, tunnelIp: 172.31.0.${n}${more} }`;

const shard = (n: number, overlay: string): string =>
  `{ kind: Shard, shard: shard-${n}, overlay: ${overlay}, vnis: { from: ${n}000, to: ${n}099 } }`;

const external = (name: string, gateway = ''): string =>
  `{ kind: External, external: ${name}, cidrs: [198.51.100.0/24]${gateway} }`;

const gateway = (more = ''): string => `, gateway: { host: hv-1, interface: ext-0${more} }`;

const mac = ', mac: "02:00:0a:00:00:01"';

/** Shard 1 is of switches, shard 2 is not. */
const ground = [
  ...[shard(1, 'ovs'), shard(2, 'embedded'), host(1), host(2, '')],
  external('vpn', gateway(mac)),
].join('\n---\n');

/** What is said against documents on the ground and others, each as `kind name path: message`; nothing where they are accepted. */
async function complaints(
  documents: readonly string[],
  { on = [] }: { on?: readonly string[] } = {},
): Promise<string[]> {
  const intended = await estateOf(ground, ...on);
  const decision = await decideOn(documents.join('\n---\n'), { intended });
  if (decision.kind === 'accepted') return [];
  return decision.problems.map(({ kind, at, message, found, allowed }) => {
    expect([kind, found, allowed]).toEqual(['refused', expect.any(String), expect.any(String)]);
    return `${at.kind} ${at.name} ${at.path.join('.')}: ${message}`;
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

describe('an interface at a switch', () => {
  const long = 'tap-of-a-machine';
  const endpoint = (device: string, nth = 1): string => `
kind: Endpoints
tenant: acme
endpoints: [{ name: web-1, segment: web, ip: 10.0.0.1, mac: "02:00:00:00:00:11", host: hv-${nth}, interface: "${device}" }]`;
  const acme = (nth = 1): string => `{ kind: Tenant, tenant: acme, segments: [web], shard: shard-${nth} }`;
  const isNoDevice = (whose: string): string =>
    `no device can have the name of the interface of ${whose}: its host hv-1 is a switch, since shard-1 has the overlay ovs`;

  it('has a name that a device of Linux can have', async () => {
    const path = 'Endpoints acme endpoints.web-1.interface';
    for (const device of [long, 'tap:1'])
      expect(await complaints([acme(), endpoint(device)])).toEqual([`${path}: ${isNoDevice('acme/web-1')}`]);
    expect(await complaints([acme(), endpoint(long.slice(0, 15))])).toEqual([]);
    expect(await complaints([acme(2), endpoint(long, 2)])).toEqual([]);
  });

  it('has it also where the endpoints of one tenant alone are looked at, and at a gateway', async () => {
    const on = [acme()];
    expect(await complaints([endpoint(long)], { on })).toEqual([
      `Endpoints acme endpoints.web-1.interface: ${isNoDevice('acme/web-1')}`,
    ]);
    const device = `, gateway: { host: hv-1, interface: ${long}${mac} }`;
    expect(await complaints([external('vpn', device)])).toEqual([
      `External vpn gateway.interface: ${isNoDevice('the gateway of vpn')}`,
    ]);
  });
});

describe('a port at a switch', () => {
  const endpoints = (mac: string, nth = 1): string => `
kind: Endpoints
tenant: acme
endpoints: [{ name: web-1, segment: web, ip: 10.0.0.1, mac: "${mac}", host: hv-${nth}, interface: tap-1 }]`;
  const acme = (nth = 1): string => `{ kind: Tenant, tenant: acme, segments: [web], shard: shard-${nth} }`;

  it('has another MAC address than the router', async () => {
    const isRouter = (whose: string): string =>
      `the MAC address of ${whose} is that of the router itself: its host hv-1 is a switch, since shard-1 has the overlay ovs, and speaks to its ports with that address`;
    expect(await complaints([acme(), endpoints(virtualMac)])).toEqual([
      `Endpoints acme endpoints.web-1.mac: ${isRouter('acme/web-1')}`,
    ]);
    expect(await complaints([acme(2), endpoints(virtualMac, 2)])).toEqual([]);
    expect(await complaints([external('vpn', gateway(`, mac: "${virtualMac}"`))])).toEqual([
      `External vpn gateway.mac: ${isRouter('the gateway of vpn')}`,
    ]);
  });

  it('has only limits that a meter can have, exactly', async () => {
    const policy = (egress: string, ingress = '1Mbps'): string =>
      `{ kind: Policy, tenant: acme, qos: { egress: ${egress}, ingress: ${ingress} } }`;
    const isNone = (way: string): string =>
      `no meter can hold the ${way} limit of acme: its endpoints are at switches, since shard-1 has the overlay ovs`;
    const placed = [acme(), endpoints('02:00:00:00:00:11')];
    for (const rate of ['1500bps', '0.0001Mbps', '4294967.296Mbps'])
      expect(await complaints([policy(rate)], { on: placed })).toEqual([
        `Policy acme qos.egress: ${isNone('egress')}`,
      ]);
    expect(await complaints([policy('1kbps', '1bps')], { on: placed })).toEqual([
      `Policy acme qos.ingress: ${isNone('ingress')}`,
    ]);
    expect(await complaints([policy('1kbps', '4294967.295Mbps')], { on: placed })).toEqual([]);
    const elsewhere = [acme(2), endpoints('02:00:00:00:00:11', 2)];
    expect(await complaints([policy('1500bps')], { on: elsewhere })).toEqual([]);
    expect(await complaints([shard(2, 'ovs'), host(2)], { on: [...elsewhere, policy('1500bps')] })).toEqual([
      `Shard shard-2 overlay: ${isNone('egress').replaceAll('shard-1', 'shard-2')}`,
    ]);
  });
});

it('says nothing of a gateway whose host is not there: that is said of the host', async () => {
  const lost =
    '{ kind: External, external: lost, cidrs: [192.0.2.0/24], gateway: { host: hv-9, interface: ext-9 } }';
  const decision = await decideOn(lost, { intended: await estateOf(ground) });
  const messages = decision.kind === 'accepted' ? [] : decision.problems.map(({ message }) => message);
  expect(messages).toEqual(['there is no host of that name']);
});
