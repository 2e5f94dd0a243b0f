import { describe, expect, it } from 'vitest';
import { emptyIntended } from '../../../projections/intended/intended.ts';
import { decide } from '../../../src/domain/decide.ts';
import { decideOn, documentsOf, estateOf, someInstant, town } from '../../support/documents.ts';

/** What the domain says against documents on the town, as `kind name path: message`. */
async function complaints(yaml: string, before = [town]): Promise<string[]> {
  const decision = await decideOn(yaml, { intended: await estateOf(...before) });
  if (decision.kind === 'accepted') return [];
  return decision.problems.map(
    ({ kind, at, message, nearest }) =>
      `${kind} ${at.kind} ${at.name} ${at.path.map((step) => (/^[0-9a-f]{24}$/.test(step) ? '*' : step)).join('.')}: ${message}${nearest === undefined ? '' : ` <${nearest}>`}`,
  );
}

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, protocol: any }] }
`;

describe('deciding on a folder', () => {
  it('records every document of a new estate, places the tenants, and gives each segment a VNI', async () => {
    const decision = await decideOn(town);
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.changes.every(({ change }) => change === 'added')).toBe(true);
    expect(decision.events.map(({ type }) => type)).toEqual([
      ...['ShardRegistered', 'ShardRegistered'],
      ...['HostRegistered', 'HostRegistered', 'HostRegistered', 'HostRegistered'],
      ...['ExternalRegistered', 'ExternalRegistered'],
      ...['TenantRegistered', 'TenantRegistered', 'TenantRegistered'],
      ...['EndpointsChanged', 'EndpointsChanged'],
      ...['TenantPlaced', 'TenantPlaced', 'TenantPlaced'],
      ...['VniAllocated', 'VniAllocated', 'VniAllocated', 'VniAllocated', 'VniAllocated'],
    ]);
    expect(Object.fromEntries(decision.after.directory.placements)).toEqual({
      acme: 'shard-1',
      globex: 'shard-2',
      vault: 'shard-2',
    });
    expect(decision.after.vnis.get('internet')).toEqual({ shard: 'shard-1', vni: 5002 });
  });

  it('records nothing where everything is true already, whatever the order of the documents', async () => {
    const intended = await estateOf(town, talk);
    const documents = await documentsOf(`${town}\n---\n${talk}`);
    const decision = decide(documents.toReversed(), {
      at: someInstant,
      intended,
      occupied: () => new Set(),
      holds: () => false,
    });
    expect(decision).toMatchObject({ kind: 'accepted', events: [] });
  });

  it('says why a tenant belongs on a shard that one of its endpoints is not on', async () => {
    const on = (name: string, host: string): string =>
      `{ name: ${name}, segment: s, ip: 10.9.0.${name === 'one' ? 1 : 2}, mac: "02:00:0a:09:00:0${name === 'one' ? 1 : 2}", host: ${host}, interface: vm-${name} }`;
    const inventory = `{ kind: Endpoints, tenant: courier, endpoints: [${on('one', 'hv-1')}, ${on('two', 'hv-3')}] }`;
    const courier = `{ kind: Tenant, tenant: courier, segments: [s] }\n---\n${inventory}`;
    expect(await complaints(courier)).toEqual([
      expect.stringContaining(
        'endpoint courier/two sits on hv-3 of shard-2, but another endpoint of courier sits on a host of shard-1',
      ),
    ]);
    expect(
      await complaints(
        `{ kind: Endpoints, tenant: globex, endpoints: [${on('one', 'hv-1').replace('segment: s', 'segment: app')}] }`,
      ),
    ).toEqual([expect.stringContaining('but globex stands on shard-2')]);
  });

  it('records only what changed, an endpoint by an endpoint', async () => {
    const decision = await decideOn(
      `
      kind: Endpoints
      tenant: acme
      endpoints:
        - { name: web-1, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-web-1 }
        - { name: web-2, segment: web, ip: 10.1.0.2, mac: "02:00:0a:01:00:03", host: hv-2, interface: vm-web-2 }
      `,
      { intended: await estateOf(town) },
    );
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.events).toMatchObject([
      { type: 'EndpointsChanged', data: { put: [{ name: 'web-2' }], removed: ['db-1'] } },
    ]);
  });

  it('records an empty Endpoints document, and a replacement of any document as a change', async () => {
    const decision = await decideOn(
      `
{ kind: Endpoints, tenant: vault, endpoints: [] }
---
{ kind: Shard, shard: shard-1, vnis: { from: 5000, to: 5199 } }
---
{ kind: Host, host: hv-1, shard: shard-1, tunnelIp: 172.31.0.11 }
---
{ kind: External, external: partner, cidrs: [198.51.100.0/25] }
---
{ kind: Tenant, tenant: acme, segments: [web, database, cache], services: [{ name: acme-api, segment: web, ports: [443] }] }
`,
      { intended: await estateOf(town) },
    );
    if (decision.kind === 'refused') throw new Error(JSON.stringify(decision.problems));
    expect(decision.events.map(({ type }) => type)).toEqual([
      'ShardChanged',
      'HostChanged',
      'ExternalChanged',
      'TenantChanged',
      'EndpointsChanged',
      'VniAllocated',
    ]);
  });

  it('deals endpoints out to as many events as it takes', async () => {
    const endpoint = (n: number): string =>
      `  - { name: e-${n}, segment: safe, ip: 10.9.${Math.floor(n / 250)}.${(n % 250) + 1}, mac: "02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}", host: hv-3, interface: vm-${n} }`;
    const many = Array.from({ length: 900 }, (_, n) => endpoint(n)).join('\n');
    const yaml = `kind: Endpoints\ntenant: vault\nendpoints:\n${many}`;
    const decision = await decideOn(yaml, { intended: await estateOf(town) });
    if (decision.kind === 'refused') throw new Error('refused');
    const parts = decision.events.flatMap((event) => (event.type === 'EndpointsChanged' ? [event.data] : []));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.every((part) => JSON.stringify(part).length < 50_000)).toBe(true);
    expect(parts.flatMap(({ put }) => put)).toHaveLength(900);
  });

  it('moves a tenant when its document names another shard, and gives it VNIs there', async () => {
    const decision = await decideOn(
      `{ kind: Tenant, tenant: vault, isolation: air-gapped, segments: [safe], shard: shard-1 }`,
      {
        intended: await estateOf(town),
      },
    );
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.events.map(({ type }) => type)).toEqual([
      'TenantChanged',
      'TenantMoved',
      'VniReleased',
      'VniAllocated',
    ]);
  });

  it('leaves a tenant without any shard unplaced, and places it when the first shard comes', async () => {
    const alone = await estateOf('{ kind: Tenant, tenant: lonely, segments: [one] }');
    expect(alone.directory.placements.size).toBe(0);
    const decision = await decideOn('{ kind: Shard, shard: shard-9, vnis: { from: 10, to: 11 } }', {
      intended: alone,
    });
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.events.map(({ type }) => type)).toEqual([
      'ShardRegistered',
      'TenantPlaced',
      'VniAllocated',
    ]);
  });

  it('gives no VNI that a host may still hold, and frees those of segments that went', async () => {
    const smaller =
      '{ kind: Tenant, tenant: acme, segments: [web, cache], services: [{ name: acme-api, segment: web, ports: [443, 8443] }] }';
    const endpoints = '{ kind: Endpoints, tenant: acme, endpoints: [] }';
    const held = await decideOn(`${smaller}\n---\n${endpoints}`, {
      intended: await estateOf(town),
      occupied: new Set([5000, 5001, 5002, 5003]),
    });
    if (held.kind === 'refused') throw new Error('refused');
    expect(held.after.vnis.get('acme/cache')).toEqual({ shard: 'shard-1', vni: 5004 });
    const released = await decideOn(`${smaller}\n---\n${endpoints}`, { intended: await estateOf(town) });
    if (released.kind === 'refused') throw new Error('refused');
    // Not even in the batch that releases it: somebody may just be planning with it.
    expect(released.after.vnis.get('acme/cache')).toEqual({ shard: 'shard-1', vni: 5003 });
    const later = await decideOn('{ kind: Tenant, tenant: late, shard: shard-1, segments: [one] }', {
      intended: released.after,
    });
    if (later.kind === 'refused') throw new Error('refused');
    expect(later.after.vnis.get('late/one')).toEqual({ shard: 'shard-1', vni: 5000 });
  });

  it('lets a service go from one tenant to another in one folder', async () => {
    const decision = await decideOn(
      `
{ kind: Tenant, tenant: abacus, segments: [x], services: [{ name: acme-api, segment: x, ports: [443] }] }
---
{ kind: Tenant, tenant: acme, segments: [web, database] }
`,
      { intended: await estateOf(town) },
    );
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.after.directory.services.get('acme-api')?.tenant).toBe('abacus');
  });

  it('lets an external give up its gateway and its VNI', async () => {
    const decision = await decideOn(
      '{ kind: External, external: internet, classification: public, cidrs: [0.0.0.0/0] }',
      {
        intended: await estateOf(town),
      },
    );
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.events.map(({ type }) => type)).toEqual(['ExternalChanged', 'VniReleased']);
  });

  it('places a new tenant where its endpoints are', async () => {
    const folder = (host: string): string => `
{ kind: Tenant, tenant: fresh, segments: [x] }
---
{ kind: Endpoints, tenant: fresh, endpoints: [{ name: a, segment: x, ip: 10.5.0.1, mac: "02:00:00:00:00:01", host: ${host}, interface: vm-a }] }
`;
    const decision = await decideOn(folder('hv-3'), { intended: await estateOf(town) });
    if (decision.kind === 'refused') throw new Error('refused');
    expect(decision.after.directory.placements.get('fresh')).toBe('shard-2');
    expect(await complaints(folder('hv-99'))).toEqual([expect.stringMatching(/there is no host/)]);
  });

  it('prefers the shard with the most free VNIs, then the first by name', async () => {
    const shards = (b: number): string =>
      `{ kind: Shard, shard: b, vnis: { from: 1, to: ${b} } }\n---\n{ kind: Shard, shard: a, vnis: { from: 100, to: 101 } }`;
    const tenants =
      '{ kind: Tenant, tenant: t, segments: [one] }\n---\n{ kind: Tenant, tenant: u, segments: [one] }';
    const even = await estateOf(`${shards(2)}\n---\n${tenants}`);
    expect([...even.directory.placements]).toEqual([
      ['t', 'a'],
      ['u', 'b'],
    ]);
    // Registered in the other order, the first by name is still the one.
    const third = await estateOf(
      '{ kind: Shard, shard: c, vnis: { from: 200, to: 201 } }',
      shards(2),
      tenants,
    );
    expect(third.directory.placements.get('t')).toBe('a');
    const uneven = await estateOf(`${shards(4)}\n---\n${tenants}`);
    expect([...uneven.directory.placements.values()]).toEqual(['b', 'b']);
  });
});

describe('bad input', () => {
  const cases: [string, string, RegExp][] = [
    [
      'a name that a tenant has',
      '{ kind: External, external: acme, cidrs: [10.0.0.0/8] }',
      /^input External acme external: the name stands for a tenant and an external/,
    ],
    [
      'a name that a service has',
      '{ kind: Tenant, tenant: acme-api, segments: [x] }',
      /^input Tenant acme-api tenant: .*a service of acme/,
    ],
    [
      'a service that another tenant offers',
      '{ kind: Tenant, tenant: t, segments: [x], services: [{ name: acme-api, segment: x }] }',
      /^input Tenant t services.acme-api.name/,
    ],
    [
      'a shard that a host names',
      '{ kind: Host, host: hv-9, shard: shard-3, tunnelIp: 172.31.0.9 }',
      /^input Host hv-9 shard: there is no shard.*<shard-[12]>/,
    ],
    [
      'a host that changes its shard',
      '{ kind: Host, host: hv-1, shard: shard-2, tunnelIp: 172.31.0.1 }',
      /^input Host hv-1 shard: host hv-1 belongs to shard-1/,
    ],
    [
      'a shard that a tenant names',
      '{ kind: Tenant, tenant: t, segments: [x], shard: nowhere }',
      /^input Tenant t shard: there is no shard/,
    ],
    [
      'the host of a gateway',
      '{ kind: External, external: e, cidrs: [10.0.0.0/8], gateway: { host: hv-9, interface: x } }',
      /^input External e gateway.host: there is no host/,
    ],
    [
      'endpoints without a tenant',
      '{ kind: Endpoints, tenant: globx, endpoints: [] }',
      /^input Endpoints globx tenant: there is no tenant.*<globex>/,
    ],
    [
      'an endpoint in no segment',
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: a, segment: ap, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-3, interface: x }] }',
      /^input Endpoints globex endpoints.a.segment: endpoint a of globex is in segment ap.*<app>/,
    ],
    [
      'an endpoint on no host',
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: a, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-33, interface: x }] }',
      /^input Endpoints globex endpoints.a.host: there is no host/,
    ],
    [
      'a segment that endpoints are in',
      '{ kind: Tenant, tenant: globex, shard: shard-2, segments: [web] }',
      /^input Tenant globex segments: endpoint app-1 of globex is in segment app/,
    ],
    [
      'a policy of nobody',
      '{ kind: Policy, tenant: initech, egress: [] }',
      /^input Policy initech tenant: there is no tenant/,
    ],
    [
      'a rule for a segment that is not there',
      '{ kind: Policy, tenant: acme, egress: [{ destination: globex, segment: wep }] }',
      /^input Policy acme egress.\*.segment: the egress rule of acme to globex is for segment wep.*<web>/,
    ],
    [
      'a rule that names nothing',
      '{ kind: Policy, tenant: acme, egress: [{ destination: globexx }] }',
      /^input Policy acme egress.\*.destination: .*names what no document declares <globex>/,
    ],
    [
      'a rule that names no segment',
      '{ kind: Policy, tenant: acme, ingress: [{ source: globex/ap }] }',
      /^input Policy acme ingress.\*.source: .*<globex\/app>/,
    ],
    [
      'a rule that names a segment of nobody',
      '{ kind: Policy, tenant: acme, ingress: [{ source: globx/app }] }',
      /<globex\/app>/,
    ],
    [
      'a rule that names a segment of nobody near',
      '{ kind: Policy, tenant: acme, ingress: [{ source: initech/app }] }',
      /^input Policy acme ingress.\*.source: [^<]*$/,
    ],
    [
      'a rule of which a service leaves nothing',
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [80] }] }',
      /^input Policy globex egress.\*.ports: acme-api offers tcp\/443,8443/,
    ],
    [
      'an interface used twice',
      '{ kind: Endpoints, tenant: vault, endpoints: [{ name: a, segment: safe, ip: 10.3.0.1, mac: "02:00:00:00:00:01", host: hv-3, interface: vm-app-1 }] }',
      /^input Endpoints vault endpoints.a.interface: interface vm-app-1 of host hv-3 is used twice: by endpoint globex\/app-1 and by endpoint vault\/a/,
    ],
    [
      'an interface of a gateway used twice',
      '{ kind: External, external: e, cidrs: [10.0.0.0/8], gateway: { host: hv-1, interface: ext-0 } }',
      /^input External e gateway.interface: .*the gateway of internet/,
    ],
    [
      'an interface that a gateway has',
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: a, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-1, interface: ext-0 }] }',
      /^input Endpoints globex endpoints.a.interface: interface ext-0 of host hv-1 is used twice: by the gateway of internet and by endpoint globex\/a/,
    ],
    [
      'a MAC and an address used twice in a segment',
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: a, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-3, interface: x }, { name: b, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-3, interface: z }] }',
      /^input Endpoints globex endpoints.b.mac.*\n.*endpoints.b.ip: address 10.2.0.1 in segment globex\/app/,
    ],
    [
      'a tunnel address used twice',
      '{ kind: Host, host: hv-9, shard: shard-1, tunnelIp: 172.31.0.1 }',
      /^input Host hv-9 tunnelIp/,
    ],
    [
      'a switch used twice',
      '{ kind: Host, host: hv-8, shard: shard-1, tunnelIp: 172.31.0.8, ovsdb: "unix:/run/db.sock" }\n---\n{ kind: Host, host: hv-9, shard: shard-2, tunnelIp: 172.31.0.9, ovsdb: "unix:/run/db.sock" }',
      /^input Host hv-9 ovsdb: the switch at unix:\/run\/db\.sock is used twice: by host hv-8 and by host hv-9$/,
    ],
    [
      'a switch used twice, whose path is written in two ways',
      '{ kind: Host, host: hv-8, shard: shard-1, tunnelIp: 172.31.0.8, ovsdb: "unix:/run/db.sock" }\n---\n{ kind: Host, host: hv-9, shard: shard-2, tunnelIp: 172.31.0.9, ovsdb: "unix:/run/././/db.sock" }',
      /^input Host hv-9 ovsdb: .* is used twice: by host hv-8 and by host hv-9$/,
    ],
    [
      'tunnel addresses of two families in a shard',
      '{ kind: Host, host: hv-0, shard: shard-1, tunnelIp: "fd00::1" }',
      /^input Host hv-0 tunnelIp: the tunnel addresses of shard shard-1 are of two families: host hv-1 has 172.31.0.1, host hv-0 has fd00::1[^\n]*$/,
    ],
    [
      'VNI ranges that overlap',
      '{ kind: Shard, shard: shard-3, vnis: { from: 6099, to: 7000 } }',
      /^input Shard shard-3 vnis: the VNI ranges of shard-2 \(6000-6099\) and shard-3 \(6099-7000\) overlap/,
    ],
  ];
  it.each(cases)('%s', async (_what, yaml, expected) => {
    expect((await complaints(yaml)).join('\n')).toMatch(expected);
  });

  it('names the users of a service that is dropped, narrowed, or of a segment that goes', async () => {
    const dropped = '{ kind: Tenant, tenant: acme, segments: [web, database] }';
    expect(await complaints(dropped, [town, talk])).toEqual([
      expect.stringMatching(
        /^input Tenant acme services: acme no longer has acme-api, which the egress rule of globex to acme-api still names/,
      ),
    ]);
    const narrowed =
      '{ kind: Tenant, tenant: acme, segments: [web, database], services: [{ name: acme-api, segment: web, protocol: udp }] }';
    const strict = '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }';
    expect(await complaints(narrowed, [town, strict])).toEqual([
      expect.stringMatching(
        /^input Tenant acme services.acme-api.ports: acme-api offers udp, which leaves nothing of the egress rule of globex/,
      ),
    ]);
    const without =
      '{ kind: Tenant, tenant: globex, shard: shard-2, segments: [web] }\n---\n{ kind: Endpoints, tenant: globex, endpoints: [] }';
    const named = '{ kind: Policy, tenant: acme, egress: [{ destination: globex/app }] }';
    const own = '{ kind: Policy, tenant: globex, egress: [{ destination: acme, segment: app }] }';
    // Both point at one place; which of them comes first there means nothing.
    expect((await complaints(without, [town, named, own])).sort()).toEqual([
      expect.stringMatching(
        /^input Tenant globex segments: globex no longer has globex\/app, which the egress rule of acme to globex\/app still names/,
      ),
      expect.stringMatching(
        /^input Tenant globex segments: the egress rule of globex to acme is for segment app/,
      ),
    ]);
  });

  it('says what may be named where no document declares anything', async () => {
    const decision = await decideOn('{ kind: Host, host: h, shard: s, tunnelIp: 10.0.0.1 }', {
      intended: emptyIntended(),
    });
    expect(decision).toMatchObject({ problems: [{ allowed: 'a shard that a document declares' }] });
  });

  it('lists at most eight names', async () => {
    const tenants = Array.from(
      { length: 12 },
      (_, n) => `{ kind: Tenant, tenant: tenant-${n}, segments: [s] }`,
    ).join('\n---\n');
    const decision = await decideOn(`${tenants}\n---\n{ kind: Policy, tenant: zzzzzzzzzz, egress: [] }`);
    if (decision.kind === 'accepted') throw new Error('accepted');
    expect(decision.problems[0]?.allowed).toMatch(/tenant-2, .*tenant-7 and 4 more$/);
  });
});

describe('refusals', () => {
  const secret = `
{ kind: Tenant, tenant: hush, classification: restricted, segments: [s] }
---
{ kind: Policy, tenant: hush, ingress: [{ source: globex, ports: [443] }] }
`;
  const cases: [string, string, RegExp][] = [
    [
      'a rule that names an air-gapped tenant',
      '{ kind: Policy, tenant: acme, egress: [{ destination: vault }] }',
      /^refused Policy acme egress.\*.destination: vault is air-gapped/,
    ],
    [
      'a rule that names a segment of it',
      '{ kind: Policy, tenant: acme, ingress: [{ source: vault/safe }] }',
      /^refused Policy acme ingress.\*.source: vault is air-gapped/,
    ],
    [
      'a rule of its own',
      '{ kind: Policy, tenant: vault, egress: [{ destination: partner }] }',
      /^refused Policy vault egress.\*.destination: vault is air-gapped/,
    ],
    [
      'an endpoint on another shard',
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: a, segment: app, ip: 10.2.0.1, mac: "02:00:00:00:00:01", host: hv-1, interface: x }] }',
      /^refused Endpoints globex endpoints.a.host: .*endpoints stay on their tenant's shard/,
    ],
    [
      'a tenant that leaves its endpoints behind',
      '{ kind: Tenant, tenant: globex, shard: shard-1, segments: [app] }',
      /^refused Tenant globex shard: endpoint globex\/app-1 sits on hv-3/,
    ],
    [
      'a VNI range that is used up',
      '{ kind: Shard, shard: tiny, vnis: { from: 1, to: 1 } }\n---\n{ kind: Tenant, tenant: big, shard: tiny, segments: [a, b] }',
      /^refused Tenant big segments: tiny has no free VNI left for big\/b/,
    ],
    [
      'a VNI range that is used up by an external',
      '{ kind: Shard, shard: tiny, vnis: { from: 1, to: 1 } }\n---\n{ kind: Host, host: h, shard: tiny, tunnelIp: 1.1.1.1 }\n---\n{ kind: External, external: e, cidrs: [1.0.0.0/8], gateway: { host: h, interface: x } }\n---\n{ kind: Tenant, tenant: big, shard: tiny, segments: [a] }',
      /^refused External e gateway: tiny has no free VNI left for e/,
    ],
    [
      'a VNI range that leaves out what is held',
      '{ kind: Shard, shard: shard-1, vnis: { from: 5001, to: 5100 } }',
      /^refused Shard shard-1 vnis: acme\/database holds VNI 5000 of shard-1, which the range 5001-5100 leaves out/,
    ],
    [
      'equal CIDRs of two externals',
      '{ kind: External, external: e, cidrs: [198.51.100.0/24] }',
      /^refused External e cidrs.198.51.100.0\/24: partner and e both claim/,
    ],
    [
      'a grant that would cross classifications without a guard',
      `${secret}\n---\n{ kind: Policy, tenant: globex, egress: [{ destination: hush }] }`,
      /^refused Policy hush ingress\.\*: globex\/app \(internal\) would reach hush\/s \(restricted\) by tcp\/443 now: .*the ingress rules of hush must carry a guard/,
    ],
    [
      'the other way round',
      '{ kind: Tenant, tenant: hush, classification: restricted, segments: [s] }\n---\n{ kind: Policy, tenant: hush, egress: [{ destination: globex, protocol: icmp }] }\n---\n{ kind: Policy, tenant: globex, ingress: [{ source: "*" }] }',
      /^refused Policy hush egress\.\*: .*the egress rules of hush must carry a guard/,
    ],
    [
      'a plain rule for any beside a guard for each protocol of a name',
      '{ kind: Tenant, tenant: hush, classification: restricted, segments: [s] }\n---\n{ kind: Policy, tenant: globex, egress: [{ destination: hush }] }\n---\n{ kind: Policy, tenant: hush, ingress: [{ source: globex }, { source: globex, protocol: tcp, guard: A }, { source: globex, protocol: udp, guard: A }, { source: globex, protocol: sctp, guard: A }, { source: globex, protocol: icmp, guard: A }] }',
      /^refused .* by all other protocols now: .*; protocols without a name of their own are of any alone, and guarded by a rule for any$/,
    ],
    [
      'a grant to an external of another classification',
      '{ kind: Policy, tenant: acme, egress: [{ destination: internet, ports: [443] }] }',
      /^refused Policy acme egress\.\*: acme\/database \(internal\) would reach internet \(public\)/,
    ],
    [
      'a grant from an external of another classification',
      '{ kind: Policy, tenant: acme, ingress: [{ source: internet, ports: [443] }] }',
      /^refused Policy acme ingress\.\*: internet \(public\) would reach acme\/database \(internal\)/,
    ],
  ];
  it.each(cases)('%s', async (_what, yaml, expected) => {
    expect((await complaints(yaml)).join('\n')).toMatch(expected);
  });

  it('lets a guard on the higher side bridge classifications, and only for what it covers', async () => {
    const asking = '{ kind: Policy, tenant: globex, egress: [{ destination: hush, ports: [443, 80] }] }';
    const hush = '{ kind: Tenant, tenant: hush, classification: restricted, segments: [s] }';
    const guarded = '{ kind: Policy, tenant: hush, ingress: [{ source: "*", ports: [443], guard: CAB-1 }] }';
    expect(await complaints(`${asking}\n---\n${hush}\n---\n${guarded}`)).toEqual([]);
    const partly =
      '{ kind: Policy, tenant: hush, ingress: [{ source: "*", ports: [443], guard: CAB-1 }, { source: globex, ports: [80, 443] }] }';
    expect(await complaints(`${asking}\n---\n${hush}\n---\n${partly}`)).toEqual([
      expect.stringMatching(/by tcp\/80 now:/),
    ]);
  });

  describe('a guard counts at the instants at which it is open', () => {
    const asking = '{ kind: Policy, tenant: globex, egress: [{ destination: hush, ports: [443] }] }';
    const hush = '{ kind: Tenant, tenant: hush, classification: restricted, segments: [s] }';
    const complaintsAbout = (...rules: readonly string[]): Promise<string[]> =>
      complaints(
        `${asking}\n---\n${hush}\n---\n{ kind: Policy, tenant: hush, ingress: [${rules.join(', ')}] }`,
      );
    const plain = '{ source: globex, ports: [443] }';

    it.each([
      [
        'opens after the grant',
        [plain, '{ source: globex, ports: [443], guard: CAB-1, from: "2030-01-01T00:00:00Z" }'],
        /by tcp\/443 now: .*; CAB-1 counts from 2030-01-01T00:00:00\.000Z only$/,
      ],
      [
        'lapses before the grant',
        [plain, '{ source: globex, ports: [443], guard: CAB-1, expires: "2030-01-01T00:00:00Z" }'],
        /by tcp\/443 from 2030-01-01T00:00:00\.000Z on: .* must carry a guard that is open then/,
      ],
      [
        'for everyone lapses before the grant',
        [plain, '{ source: "*", guard: CAB-1, expires: "2030-01-01T00:00:00Z" }'],
        /from 2030-01-01T00:00:00\.000Z on/,
      ],
      [
        'is followed by another one a millisecond too late',
        [
          plain,
          '{ source: globex, guard: CAB-1, expires: "2030-01-01T00:00:00Z" }',
          '{ source: globex, guard: CAB-2, from: "2030-01-01T00:00:00.001Z" }',
        ],
        /from 2030-01-01T00:00:00\.000Z on/,
      ],
      [
        'ended long ago',
        [
          plain,
          '{ source: globex, guard: CAB-1, from: "1998-01-01T00:00:00Z", expires: "1999-01-01T00:00:00Z" }',
        ],
        /by tcp\/443 now: .*; CAB-1 counts from 1998-01-01T00:00:00\.000Z until 1999-01-01T00:00:00\.000Z only$/,
      ],
    ])('refuses one that %s', async (_what, rules, expected) => {
      expect(await complaintsAbout(...rules)).toEqual([expect.stringMatching(expected)]);
    });

    it.each([
      [
        'two guards meet exactly',
        [
          '{ source: globex, guard: CAB-1, expires: "2030-01-01T00:00:00Z" }',
          '{ source: globex, guard: CAB-2, from: "2030-01-01T00:00:00Z" }',
          plain,
        ],
      ],
      [
        'the grant ended in 1999',
        ['{ source: globex, from: "1998-01-01T00:00:00Z", expires: "1999-01-01T00:00:00Z" }'],
      ],
      [
        'grant and guard open together',
        [
          '{ source: globex, from: "2030-01-01T00:00:00Z" }',
          '{ source: globex, guard: CAB-1, from: "2030-01-01T00:00:00Z" }',
        ],
      ],
    ])('accepts where %s', async (_what, rules) => {
      expect(await complaintsAbout(...rules)).toEqual([]);
    });

    it('looks at the other side as well: the grant lapses with the guard', async () => {
      const bounded =
        '{ kind: Policy, tenant: globex, egress: [{ destination: hush, expires: "2030-01-01T00:00:00Z" }] }';
      const rules = `${plain}, { source: globex, guard: CAB-1, expires: "2030-01-01T00:00:00Z" }`;
      const yaml = `${bounded}\n---\n${hush}\n---\n{ kind: Policy, tenant: hush, ingress: [${rules}] }`;
      expect(await complaints(yaml)).toEqual([]);
    });

    it('judges the sender where it is the higher side, and the tenant towards an external', async () => {
      const high = `${hush}\n---\n{ kind: Policy, tenant: globex, ingress: [{ source: hush }] }`;
      const egress = (rules: string): string => `{ kind: Policy, tenant: hush, egress: [${rules}] }`;
      const lapsing = (to: string): string =>
        egress(
          `{ destination: ${to} }, { destination: ${to}, guard: CAB-1, expires: "2030-01-01T00:00:00Z" }`,
        );
      expect(await complaints(`${high}\n---\n${lapsing('globex')}`)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^refused Policy hush egress.*from 2030-01-01T00:00:00\.000Z on/),
        ]),
      );
      expect(await complaints(`${hush}\n---\n${lapsing('internet')}`)).toEqual([
        expect.stringMatching(/^refused Policy hush egress.*from 2030-01-01T00:00:00\.000Z on/),
      ]);
    });
  });

  it('judges grants that rest on a changed document again', async () => {
    const raised =
      '{ kind: Tenant, tenant: globex, shard: shard-2, classification: confidential, segments: [app] }';
    expect(await complaints(raised, [town, talk])).toEqual([
      expect.stringMatching(
        /^refused Tenant globex classification: globex\/app \(confidential\) would reach acme\/web \(internal\)/,
      ),
    ]);
    const gapped = '{ kind: Tenant, tenant: globex, shard: shard-2, isolation: air-gapped, segments: [app] }';
    expect(await complaints(gapped, [town, talk])).toEqual([
      expect.stringMatching(/^refused Tenant globex isolation: globex is air-gapped/),
      expect.stringMatching(/^refused Tenant globex isolation: globex is air-gapped/),
    ]);
    const external =
      '{ kind: External, external: partner, classification: public, cidrs: [198.51.100.0/24] }';
    const use = '{ kind: Policy, tenant: acme, egress: [{ destination: partner }] }';
    expect((await complaints(external, [town, use]))[0]).toMatch(/^refused External partner classification/);
  });

  it('refuses addresses that one segment could not tell apart, and judges bound rules as if they were open', async () => {
    const twin = `
      kind: Endpoints
      tenant: globex
      endpoints:
        - { name: app-1, segment: app, ip: 10.1.0.1, mac: "02:00:0a:02:00:01", host: hv-3, interface: vm-app-1 }
    `;
    expect(await complaints(twin)).toEqual([]);
    expect(await complaints(twin, [town, talk])).toEqual([
      expect.stringMatching(
        /^refused Endpoints globex endpoints.app-1.ip: (acme\/web|globex\/app) could not tell .* both hold 10.1.0.1/,
      ),
    ]);
    const later = talk.replace('acme-api', 'acme-api, from: "2030-01-01T00:00:00Z"');
    const atRule =
      /^refused Policy (globex egress.*destination|acme ingress.*source): .* both hold 10.1.0.1.*they meet by the (egress rule of globex to acme-api and the ingress rule of acme from globex|ingress rule of acme from globex and the egress rule of globex to acme-api)/;
    expect(await complaints(later, [town, twin])).toEqual([expect.stringMatching(atRule)]);
    expect(await complaints(`${twin}\n---\n${talk}`, [town])).toEqual([expect.stringMatching(atRule)]);
    const more = talk.replace('acme-api', 'acme/web, ports: [8443]');
    expect(await complaints(`${twin}\n---\n${more}`, [town, talk])).toEqual([
      expect.stringMatching(/^refused Endpoints globex endpoints.app-1.ip/),
    ]);
    const inside = `
      kind: Endpoints
      tenant: acme
      endpoints:
        - { name: w, segment: web, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-w }
        - { name: d, segment: database, ip: 10.1.0.1, mac: "02:00:0a:01:00:02", host: hv-2, interface: vm-d }
    `;
    expect(await complaints(inside)).toEqual([
      expect.stringMatching(/^refused Endpoints acme endpoints.*both hold 10.1.0.1.*distinct addresses$/),
    ]);
    const never = '{ kind: Policy, tenant: globex, egress: [{ destination: acme/database, protocol: udp }] }';
    expect(await complaints(never, [town, twin])).toEqual([]);
  });

  it('lets an external see two segments only while their addresses differ', async () => {
    const open = (tenant: string): string =>
      `{ kind: Policy, tenant: ${tenant}, egress: [{ destination: partner, protocol: tcp }] }`;
    const twin =
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: app-1, segment: app, ip: 10.1.0.1, mac: "02:00:0a:02:00:01", host: hv-3, interface: vm-app-1 }] }';
    expect(await complaints(`${open('acme')}\n---\n${open('globex')}\n---\n${twin}`)).toEqual([
      expect.stringMatching(/partner could not tell/),
    ]);
    expect(await complaints(twin, [town, `${open('acme')}\n---\n${open('globex')}`])).toEqual([
      expect.stringMatching(/^refused Endpoints globex endpoints.app-1.ip: partner could not tell/),
    ]);
  });

  it('reports everything that is wrong at once', async () => {
    const both =
      '{ kind: Policy, tenant: acme, egress: [{ destination: vault }, { destination: nobody-at-all }] }';
    expect(await complaints(both)).toHaveLength(2);
  });
});
