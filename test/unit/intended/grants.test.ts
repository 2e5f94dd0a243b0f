import { describe, expect, it } from 'vitest';
import { gainedGrants } from '../../../projections/intended/changed-grants.ts';
import type { Judged } from '../../../projections/intended/consents.ts';
import { grantsOf } from '../../../projections/intended/grants.ts';
import { halfGiven } from '../../../projections/intended/half-given.ts';
import { emptyIntended, foldIntended, type Intended } from '../../../projections/intended/intended.ts';
import { wordsOf } from '../../../projections/intended/traffic.ts';
import { estateOf, town } from '../../support/documents.ts';

function granted(intended: Intended, judged: Judged = 'always'): string[] {
  return Array.from(
    grantsOf(intended, judged),
    ({ from, to, traffic }) => `${from} -> ${to}: ${wordsOf(traffic)}`,
  ).sort();
}

const within = ['acme/database -> acme/web: any', 'acme/web -> acme/database: any'];

describe('grants', () => {
  it('are what both sides allow, bounded by what a service offers', async () => {
    const intended = await estateOf(
      town,
      `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }, { destination: acme/database, ports: [5432, 6000] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, ports: ["1-5432"] }, { source: internet, segment: web, guard: G, ports: [80] }], egress: [{ destination: partner }] }
`,
    );
    expect(granted(intended)).toEqual([
      ...['acme/database -> acme/web: any', 'acme/database -> partner: any'],
      ...['acme/web -> acme/database: any', 'acme/web -> partner: any'],
      ...[
        'globex/app -> acme/database: tcp/5432',
        'globex/app -> acme/web: tcp/443',
        'internet -> acme/web: tcp/80',
      ],
    ]);
  });

  it('inside a tenant are everything, or under `segments` what the own policy says on both sides', async () => {
    const strict = '{ kind: Tenant, tenant: acme, intraTenant: segments, segments: [web, database] }';
    const policy = `{ kind: Policy, tenant: acme, egress: [{ destination: acme/database, segment: web, ports: [5432] }], ingress: [{ source: "*", segment: database }, { source: "*", segment: web }, { source: acme, segment: web, ports: [1] }] }`;
    expect(granted(await estateOf(town))).toEqual(within);
    expect(granted(await estateOf(town, strict))).toEqual([]);
    expect(granted(await estateOf(town, strict, policy))).toEqual(['acme/web -> acme/database: tcp/5432']);
  });

  it('hold only between their time bounds, half-open, and always when so asked', async () => {
    const intended = await estateOf(
      town,
      `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, from: "2026-01-01T00:00:00Z", expires: "2026-02-01T00:00:00Z" }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, from: "2025-01-01T00:00:00Z" }, { source: "*", expires: "2025-01-01T00:00:00Z" }] }
`,
    );
    const open = [...within, 'globex/app -> acme/web: tcp/443,8443'];
    expect(granted(intended)).toEqual(open);
    expect(granted(intended, { at: '2025-12-31T23:59:59.999Z' })).toEqual(within);
    expect(granted(intended, { at: '2026-01-01T00:00:00.000Z' })).toEqual(open);
    expect(granted(intended, { at: '2026-02-01T00:00:00.000Z' })).toEqual(within);
  });

  it('rest on names as they are now: a service as source is its segment only', async () => {
    const intended = await estateOf(
      town,
      `
{ kind: Policy, tenant: acme, egress: [{ destination: globex }] }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme-api, protocol: udp }] }
`,
    );
    expect(granted(intended)).toEqual([...within, 'acme/web -> globex/app: udp']);
  });

  it('are none for an air-gapped tenant, for names that nothing has, and across them, whatever got in', () => {
    const intended = emptyIntended();
    const tenant = (name: string, isolation: 'logical' | 'air-gapped', segments: string[]): void => {
      foldIntended(intended, {
        type: 'TenantRegistered',
        data: {
          tenant: name,
          classification: 'internal',
          isolation,
          intraTenant: 'segments',
          segments,
          services: [],
        },
      });
    };
    const policy = (name: string, destination: string): void => {
      const id = '0'.repeat(24);
      const rules = {
        egress: [{ id, destination, protocol: 'any' as const }],
        ingress: [{ id, source: '*', protocol: 'any' as const }],
      };
      foldIntended(intended, {
        type: 'PolicyEnacted',
        data: { policy: { apiVersion: 'isoledger/v1', tenant: name, ...rules }, digest: '0'.repeat(64) },
      });
    };
    tenant('gap', 'air-gapped', ['s']);
    tenant('open', 'logical', ['s', 't']);
    policy('gap', 'open');
    policy('open', 'gap');
    policy('ghost', 'nothing');
    expect(granted(intended)).toEqual([]);
    policy('open', 'open/missing');
    expect(granted(intended)).toEqual([]);
    policy('open', 'gap/s');
    expect(granted(intended)).toEqual([]);
    policy('open', 'open/s');
    expect(granted(intended)).toEqual(['open/t -> open/s: any']);
  });
});

describe('half-given consents', () => {
  it('name the tenant that they wait for; `*` and externals wait for nobody', async () => {
    const intended = await estateOf(
      town,
      `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api }, { destination: partner }], ingress: [{ source: acme/web, ports: [22] }, { source: "*", protocol: udp }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex, segment: web, ports: [443] }] }
`,
    );
    const words = Array.from(
      halfGiven(intended, 'always'),
      (half) => `${half.from} -> ${half.to} ${wordsOf(half.traffic)}: ${half.waitingFor}`,
    );
    expect(words.sort()).toEqual([
      'acme/web -> globex/app tcp/22: acme',
      'globex/app -> acme/web tcp/8443: acme',
    ]);
  });

  it('between segments of one tenant lack a rule of that tenant, of the one side or of the other', async () => {
    const intended = await estateOf(
      town,
      '{ kind: Tenant, tenant: acme, intraTenant: segments, segments: [web, database] }',
      '{ kind: Policy, tenant: acme, egress: [{ destination: acme/database, segment: web, ports: [5432] }], ingress: [{ source: acme/web, segment: database, ports: [1] }] }',
    );
    const lacks = Array.from(halfGiven(intended, 'always'), (half) => [
      `${half.from} -> ${half.to} ${wordsOf(half.traffic)}: ${half.waitingFor}`,
      half.missing,
    ]);
    expect(lacks).toEqual([
      ['acme/web -> acme/database tcp/5432: acme', 'ingress'],
      ['acme/web -> acme/database tcp/1: acme', 'egress'],
    ]);
  });

  it.each<[what: string, rules: { out: string; into: string }, expected: string[]]>([
    [
      'that a rule opens: from then on, and the rest for somebody',
      { out: 'ports: ["1-9"]', into: 'ports: ["3-5"], from: "2030-01-01T00:00:00Z"' },
      ['tcp/3-5 from 2030-01-01T00:00:00.000Z', 'tcp/1-2,6-9 for acme'],
    ],
    [
      'that the sender rule opens',
      { out: 'ports: [1], from: "2030-01-01T00:00:00Z"', into: 'ports: [1]' },
      ['tcp/1 from 2030-01-01T00:00:00.000Z'],
    ],
    [
      'a rule that opens when the other side has ended: for somebody',
      {
        out: 'ports: [1], expires: "2029-01-01T00:00:00Z"',
        into: 'ports: [1], from: "2030-01-01T00:00:00Z"',
      },
      ['tcp/1 for acme'],
    ],
    [
      'a rule that has lapsed: for somebody',
      { out: 'ports: [1]', into: 'ports: [1], expires: "2026-06-01T00:00:00Z"' },
      ['tcp/1 for acme'],
    ],
  ])('wait for time, not for a tenant, where rules of both sides will do: %s', async (_, rules, expected) => {
    const policies = (source: string): string => `
{ kind: Policy, tenant: globex, egress: [{ destination: acme/web, ${rules.out} }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: ${source}, segment: web, ${rules.into} }] }
`;
    // A rule for every tenant may be waited for, but waits for nobody.
    const sources = expected.some((one) => one.includes('for acme')) ? ['globex', '"*"'] : ['globex'];
    for (const source of sources) {
      const intended = await estateOf(town, policies(source));
      const halves = [...halfGiven(intended, { at: '2027-01-01T00:00:00.000Z' })];
      const words = halves.map(
        ({ traffic, waitingFor, opensAt }) =>
          `${wordsOf(traffic)} ${opensAt === undefined ? `for ${waitingFor}` : `from ${opensAt}`}`,
      );
      expect(words).toEqual(expected);
    }
  });

  it('wait for a tenant that has no policy at all', async () => {
    const at = '2027-01-01T00:00:00.000Z';
    for (const policy of [
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme/web, ports: [1] }] }',
      '{ kind: Policy, tenant: globex, ingress: [{ source: acme/web, ports: [1] }] }',
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme/web, ports: [1] }, { destination: acme/web, ports: [2], from: "2030-01-01T00:00:00Z" }] }',
      '{ kind: Policy, tenant: globex, ingress: [{ source: acme/web, ports: [1] }, { source: acme/web, ports: [2], from: "2030-01-01T00:00:00Z" }] }',
    ]) {
      const halves = [...halfGiven(await estateOf(town, policy), { at })];
      expect(halves.map(({ waitingFor, opensAt }) => [waitingFor, opensAt])).toEqual([['acme', undefined]]);
    }
  });
});

describe('what a change gains', () => {
  it('is new grants whole, and of widened ones only what is new', async () => {
    const rules = (ports: string): string => `
{ kind: Policy, tenant: globex, egress: [{ destination: partner, ports: [1] }, { destination: acme/web, ports: [${ports}] }, { destination: acme/database, ports: [1] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }
`;
    const [before, after] = [await estateOf(town, rules('80')), await estateOf(town, rules('80, 443'))];
    const words = (grants: ReturnType<typeof gainedGrants>): string[] =>
      grants.map(({ from, to, traffic }) => `${from} -> ${to} ${wordsOf(traffic)}`);
    expect(words(gainedGrants({ before, after }, 'always'))).toEqual(['globex/app -> acme/web tcp/443']);
    expect(words(gainedGrants({ before: after, after: before }, 'always'))).toEqual([]);
    expect(words(gainedGrants({ before: await estateOf(town), after }, 'always'))).toEqual([
      'globex/app -> acme/database tcp/1',
      'globex/app -> acme/web tcp/80,443',
      'globex/app -> partner tcp/1',
    ]);
  });

  it('is what a release gives back, and nothing that quarantine still cuts', async () => {
    const rules = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme/web, ports: [80] }, { destination: partner }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }
`;
    const [free, cut] = [await estateOf(town, rules), await estateOf(town, rules)];
    foldIntended(cut, { type: 'TenantQuarantined', data: { tenant: 'acme' } });
    const gained = (before: Intended, after: Intended): string[] =>
      gainedGrants({ before, after }, 'always').map(({ from, to }) => `${from} -> ${to}`);
    expect(gained(cut, free)).toEqual(['globex/app -> acme/web']);
    expect(gained(free, cut)).toEqual([]);
    // Inside the tenant, and between others, traffic goes on.
    expect(gained(emptyIntended(), cut)).toEqual([
      'acme/database -> acme/web',
      'acme/web -> acme/database',
      'globex/app -> partner',
    ]);
  });
});
