import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

/** Two changes that are each fine on the town and refused together. */
interface Quarrel {
  readonly what: string;
  readonly one: string;
  readonly other: string;
  readonly code: 2 | 3;
  /** What is said in all three orders. */
  readonly words: RegExp;
  /** What stands before both of them, beside the town. */
  readonly first?: string;
}

const globexAsks = '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [8443] }] }';
const acmeLets = '{ kind: Policy, tenant: acme, ingress: [{ source: globex, protocol: any }] }';
const globexIs = (traits: string): string =>
  `{ kind: Tenant, tenant: globex, shard: shard-2, segments: [app], ${traits} }`;
const acmeOffers = (services: string): string =>
  `{ kind: Tenant, tenant: acme, segments: [web, database], services: [${services}] }`;
const endpoint = (of: {
  tenant: string;
  segment: string;
  ip: string;
  host: string;
  port: string;
}): string => `
kind: Endpoints
tenant: ${of.tenant}
endpoints: [{ name: e, segment: ${of.segment}, ip: ${of.ip}, mac: "02:00:00:00:00:09", host: ${of.host}, interface: ${of.port} }]`;
const tenant = (name: string, rest = ''): string => `{ kind: Tenant, tenant: ${name}, segments: [s]${rest} }`;

const quarrels: Quarrel[] = [
  {
    what: 'a grant across classifications, from the two sides',
    first: tenant('hush', ', classification: restricted'),
    one: '{ kind: Policy, tenant: globex, egress: [{ destination: hush }] }',
    other: '{ kind: Policy, tenant: hush, ingress: [{ source: "*", ports: [443] }] }',
    code: 3,
    words: /globex\/app \(internal\) would reach hush\/s \(restricted\) by tcp\/443/,
  },
  {
    what: 'a classification raised, and a grant that rests on the old one',
    one: `${globexAsks}\n---\n${acmeLets}`,
    other: globexIs('classification: confidential'),
    code: 3,
    words: /globex\/app \(confidential\) would reach acme\/web \(internal\)/,
  },
  {
    what: "an external's classification, and a rule about it",
    one: '{ kind: Policy, tenant: acme, egress: [{ destination: partner }] }',
    other: '{ kind: External, external: partner, classification: public, cidrs: [198.51.100.0/24] }',
    code: 3,
    words: /acme\/(web|database) \(internal\) would reach partner \(public\)/,
  },
  {
    what: 'a tenant cut off from all, and a rule that names it',
    one: '{ kind: Policy, tenant: acme, egress: [{ destination: globex/app }] }',
    other: globexIs('isolation: air-gapped'),
    code: 3,
    words: /globex is air-gapped: the egress rule of acme to globex\/app may not name it/,
  },
  {
    what: 'a tenant cut off from all, and a rule of its own',
    one: '{ kind: Policy, tenant: globex, ingress: [{ source: partner }] }',
    other: globexIs('isolation: air-gapped'),
    code: 3,
    words: /globex is air-gapped: the ingress rule of globex from partner cannot stand/,
  },
  {
    what: 'an address that a peer has, and the consent to meet it',
    one: endpoint({ tenant: 'globex', segment: 'app', ip: '10.1.0.1', host: 'hv-3', port: 'vm-9' }),
    other: `${globexAsks}\n---\n${acmeLets}`,
    code: 3,
    words: /could not tell .* both hold 10\.1\.0\.1/,
  },
  {
    what: 'two tenants of one address, each let in by a third',
    first: `${tenant('late', ', shard: shard-1')}
---${endpoint({ tenant: 'late', segment: 's', ip: '10.1.0.1', host: 'hv-2', port: 'vm-9' })}
---
{ kind: Policy, tenant: globex, ingress: [{ source: "*", ports: [80] }] }`,
    one: '{ kind: Policy, tenant: acme, egress: [{ destination: globex, segment: web, ports: [80] }] }',
    other: '{ kind: Policy, tenant: late, egress: [{ destination: globex, ports: [80] }] }',
    code: 3,
    words: /globex\/app could not tell .* both hold 10\.1\.0\.1/,
  },
  {
    what: 'a service narrowed, and a rule for what it no longer offers',
    one: globexAsks,
    other: acmeOffers('{ name: acme-api, segment: web, ports: [443] }'),
    code: 2,
    words: /acme-api offers tcp\/443, which leaves nothing of the egress rule of globex to acme-api/,
  },
  {
    what: 'a service dropped, and a rule that names it',
    one: globexAsks,
    other: acmeOffers(''),
    code: 2,
    words:
      /acme no longer has acme-api|the egress rule of globex to acme-api names what no document declares/,
  },
  {
    what: 'a segment dropped, and a rule that names it',
    one: '{ kind: Policy, tenant: globex, ingress: [{ source: acme/database }] }',
    other:
      '{ kind: Tenant, tenant: acme, segments: [web] }\n---\n{ kind: Endpoints, tenant: acme, endpoints: [] }',
    code: 2,
    words: /acme no longer has acme\/database|from acme\/database names what no document declares/,
  },
  {
    what: 'a segment dropped, and an endpoint put in it',
    first: '{ kind: Tenant, tenant: globex, shard: shard-2, segments: [app, spare] }',
    one: endpoint({ tenant: 'globex', segment: 'spare', ip: '10.9.0.1', host: 'hv-3', port: 'vm-9' }),
    other: '{ kind: Tenant, tenant: globex, shard: shard-2, segments: [app] }',
    code: 2,
    words: /endpoint e of globex is in segment spare, which globex does not have/,
  },
  {
    what: 'a name for a tenant and for an external',
    one: tenant('twin'),
    other: '{ kind: External, external: twin, cidrs: [203.0.113.0/24] }',
    code: 2,
    words: /the name stands for a tenant and an external/,
  },
  {
    what: 'a name for two services',
    one: tenant('uno', ', services: [{ name: both-api, segment: s }]'),
    other: tenant('due', ', services: [{ name: both-api, segment: s }]'),
    code: 2,
    words: /the name stands for a service of (uno|due) and a service of (uno|due)/,
  },
  {
    what: 'a port of a host, taken by two tenants',
    one: endpoint({ tenant: 'globex', segment: 'app', ip: '10.9.0.1', host: 'hv-4', port: 'vm-9' }),
    other: endpoint({ tenant: 'vault', segment: 'safe', ip: '10.9.0.2', host: 'hv-4', port: 'vm-9' }),
    code: 2,
    words: /interface vm-9 of host hv-4 is used twice/,
  },
  {
    what: 'a port of a host, taken by a gateway too',
    one: endpoint({ tenant: 'globex', segment: 'app', ip: '10.9.0.1', host: 'hv-4', port: 'vm-9' }),
    other:
      '{ kind: External, external: far, cidrs: [203.0.113.0/24], gateway: { host: hv-4, interface: vm-9 } }',
    code: 2,
    words: /interface vm-9 of host hv-4 is used twice/,
  },
  {
    what: 'a tunnel address for two hosts',
    one: '{ kind: Host, host: hv-8, shard: shard-1, tunnelIp: 172.31.0.9 }',
    other: '{ kind: Host, host: hv-9, shard: shard-2, tunnelIp: 172.31.0.9 }',
    code: 2,
    words: /tunnel address 172\.31\.0\.9 is used twice/,
  },
  {
    what: 'VNI ranges that overlap',
    one: '{ kind: Shard, shard: shard-3, vnis: { from: 7000, to: 7999 } }',
    other: '{ kind: Shard, shard: shard-4, vnis: { from: 7500, to: 8500 } }',
    code: 2,
    words: /the VNI ranges of shard-3 \(7000-7999\) and shard-4 \(7500-8500\) overlap/,
  },
  {
    what: 'one CIDR for two externals',
    one: '{ kind: External, external: east, cidrs: [203.0.113.0/24] }',
    other: '{ kind: External, external: west, cidrs: [203.0.113.0/24] }',
    code: 3,
    words: /(east and west|west and east) both claim 203\.0\.113\.0\/24/,
  },
  {
    what: 'a tenant moved to one shard, and its endpoints put on another',
    first: '{ kind: Endpoints, tenant: globex, endpoints: [] }',
    one: '{ kind: Tenant, tenant: globex, shard: shard-1, segments: [app] }',
    other: endpoint({ tenant: 'globex', segment: 'app', ip: '10.9.0.1', host: 'hv-3', port: 'vm-9' }),
    code: 3,
    words: /endpoint globex\/e sits on hv-3 of shard-2, but globex stands on shard-1/,
  },
  {
    what: 'the last VNI of a shard, for two tenants',
    first: '{ kind: Shard, shard: tiny, vnis: { from: 1, to: 1 } }',
    one: tenant('uno', ', shard: tiny'),
    other: tenant('due', ', shard: tiny'),
    code: 3,
    words: /tiny has no free VNI left for (uno|due)\/s/,
  },
];

/** One order of doing things: a folder, and options of its apply, after another. */
type Order = readonly (readonly [yaml: string, ...options: string[]])[];

/** Everything but the last step is accepted; the last is refused, and records nothing. */
async function expectRefused(
  { first, ...order }: { first?: string | undefined; steps: Order },
  refusal: { code: number; words: RegExp },
): Promise<void> {
  using place = new Workplace();
  const before: Order = [[first === undefined ? town : `${town}\n---\n${first}`]];
  // A document of the town that `first` says anew comes in a folder of its own.
  const base: Order = first !== undefined && /tenant: globex/.test(first) ? [[town], [first]] : before;
  const all = [...base, ...order.steps];
  for (const [index, [yaml, ...options]] of all.entries()) {
    const folder = join(place.folder, `step-${String(index)}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'documents.yaml'), yaml);
    if (index < all.length - 1) {
      await place.succeed('apply', folder, ...options);
      continue;
    }
    const checkpoint = await place.checkpoint();
    for (const command of ['plan', 'apply']) {
      const { code, err } = await place.run(command, folder, ...options);
      expect([code, err]).toEqual([refusal.code, expect.stringMatching(refusal.words)]);
    }
    expect(await place.checkpoint()).toEqual(checkpoint);
  }
}

describe('two changes of which each is fine, and both are not', () => {
  it.each(quarrels)(
    '$what: refused in both orders and together',
    async ({ one, other, code, words, first }) => {
      await expectRefused({ first, steps: [[one], [other]] }, { code, words });
      await expectRefused({ first, steps: [[other], [one]] }, { code, words });
      await expectRefused({ first, steps: [[`${one}\n---\n${other}`]] }, { code, words });
    },
  );

  it('a tenant removed, and a rule that names it: refused in both orders and together', async () => {
    const naming = '{ kind: Policy, tenant: acme, egress: [{ destination: late/s }] }';
    const bystander = '{ kind: Policy, tenant: globex, egress: [] }';
    const removal = [bystander, '--prune', 'late'] as const;
    const first = tenant('late');
    const inUse = {
      code: 2,
      words: /Tenant late is gone from the folder .* in use: by the egress rule of acme/,
    };
    await expectRefused({ first, steps: [[naming], removal] }, inUse);
    await expectRefused({ first, steps: [[naming, '--prune', 'late']] }, inUse);
    const unknown = { code: 2, words: /the egress rule of acme to late\/s names what no document declares/ };
    await expectRefused({ first, steps: [removal, [naming]] }, unknown);
  });
});
