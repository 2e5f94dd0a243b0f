import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

function folderWith(place: Workplace, name: string, yaml: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

const cases: [string, string, number, RegExp][] = [
  [
    'a key that is none',
    '{ kind: Policy, tenant: acme, egres: [] }',
    2,
    /documents\.yaml:1: egres: .*\n.*\n.*\n +nearest: egress/,
  ],
  [
    'a network key in a policy',
    '{ kind: Policy, tenant: acme, egress: [{ destination: globex, vni: 5000 }] }',
    2,
    /egress\[0\]\.vni/,
  ],
  ['YAML that is none', 'tenant: acme: x', 2, /documents\.yaml:1: this is not YAML/],
  [
    'a name that nothing has',
    '{ kind: Policy, tenant: acme, egress: [{ destination: globx }] }',
    2,
    /documents\.yaml:1: egress\[0\]\.destination: .*\n +found: +globx\n +allowed: .*\n +nearest: globex/,
  ],
  [
    'a rule of which a service leaves nothing',
    '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, protocol: udp }] }',
    2,
    /acme-api offers tcp\/443,8443/,
  ],
  [
    'an air-gapped tenant',
    '{ kind: Policy, tenant: acme, egress: [{ destination: vault }] }',
    3,
    /vault is air-gapped/,
  ],
  [
    'both kinds of error',
    '{ kind: Policy, tenant: acme, egress: [{ destination: vault }, { destination: globx }] }',
    2,
    /vault is air-gapped[^]*globx[^]*2 problems; nothing was recorded/,
  ],
  [
    'a bad document beside a bad reference',
    '{ kind: Policy, tenant: acme, egress: [{ destination: globx }] }\n---\n{ kind: Host, host: hv-9 }',
    2,
    /globx[^]*shard/,
  ],
];

describe('what is refused', () => {
  it.each(cases)('%s: exit code, words, and nothing recorded', async (_what, yaml, code, words) => {
    using place = new Workplace();
    await place.succeed('apply', folderWith(place, 'town', town));
    const before = await place.checkpoint();
    const folder = folderWith(place, 'bad', yaml);
    for (const command of ['apply', 'plan']) {
      const answer = await place.run(command, folder);
      expect(answer.err).toMatch(words);
      expect(answer.err).not.toMatch(/ {4}at |node:internal|Invalid input/);
      expect(answer.code).toBe(code);
    }
    const json = await place.run('apply', folder, '--json');
    expect(json.out).toMatch(/^\{"formatVersion":1,"problems":\[\{.*"line":1,/);
    expect(await place.checkpoint()).toEqual(before);
  });

  it('does not complain of names that a faulty document would have declared', async () => {
    using place = new Workplace();
    const folder = folderWith(
      place,
      'bad',
      `
{ kind: Tenant, tenant: initech, segments: [a], colour: red, services: [{ name: reports, segment: a }] }
---
{ kind: Tenant, tenant: acme, segments: [web] }
---
{ kind: Policy, tenant: acme, egress: [{ destination: initech/a }, { destination: reports }] }
`,
    );
    const { code, err } = await place.run('apply', folder);
    expect([code, err]).toEqual([2, expect.stringMatching(/colour[^]*\n1 problem; nothing was recorded/)]);
  });

  it('complains beside faulty documents of what they have no part in, and of nothing else', async () => {
    using place = new Workplace();
    await place.succeed('apply', folderWith(place, 'town', town));
    const folder = folderWith(
      place,
      'beside',
      `
{ kind: Tenant, tenant: initech, segments: [a], colour: red }
---
kind: Endpoints
tenant: initech
endpoints:
  - { name: e, segment: b, ip: 10.9.0.1, mac: "02:00:00:00:00:01", host: hv-1, interface: vm-web-1 }
---
{ kind: Policy, tenant: globex, ingress: [{ source: acme, guard: no }] }
---
{ kind: Policy, tenant: acme, egress: [{ destination: globex }, { destination: nobody }, { destination: torn/x }] }
`,
    );
    writeFileSync(join(folder, 'torn.yaml'), 'kind: Tenant\ntenant: torn\nsegments: [x\n');
    const { code, err } = await place.run('apply', folder);
    expect([code, err.split('\n').filter((line) => !line.startsWith(' '))]).toEqual([
      2,
      [
        expect.stringMatching(/colour: unknown key/),
        expect.stringMatching(/endpoints\[0\]\.interface: .*is used twice/),
        expect.stringMatching(/ingress\[0\]\.guard/),
        expect.stringMatching(/egress\[1\]\.destination: .*nobody/),
        expect.stringMatching(/torn\.yaml:3: what begins here with \[ is never closed/),
        '5 problems; nothing was recorded',
        '',
      ],
    ]);
  });

  it.each<[string[], number, RegExp]>([
    [['apply', 'nowhere'], 2, /nowhere cannot be read/],
    [['apply', 'infra/changes', '--prune', 'nobody'], 2, /there is no tenant nobody/],
    [['frobnicate'], 2, /unknown command/],
    [['verify', '--at', 'yesterday'], 2, /yesterday is no point in time/],
    [['verify', '--at', 'now', '--from', 'seq:0'], 2, /--at asks about an instant/],
    [['verify', '--peer', 'acme'], 2, /--peer goes with --tenant/],
    [['connections', '--lane', 'supposed'], 2, /intended, applied/],
    [['tail', '--after', 'x'], 2, /a seq is a whole number/],
    [['sync', '--timeout', 'soon'], 2, /soon is no duration/],
    [['sync', '--timeout', '060s'], 2, /060s is no duration/],
    [['verify', '--at', 'seq:010'], 2, /seq:010 is no point in time/],
    [['tail', '--after', '07'], 2, /a seq is a whole number/],
    [['status'], 5, /no ledger/],
    [['plan', 'nowhere', '--ledger', 'esdb://127.0.0.1:1?tls=false'], 5, /does not answer: see whether/],
    [['plan', 'nowhere', '--ledger', 'http://localhost'], 2, /no ledger URL/],
    [['--config', 'nowhere.yaml', 'status'], 2, /nowhere.yaml cannot be read/],
  ])('says why %j ends with %d', async (argv, code, words) => {
    using place = new Workplace();
    const answer = await place.run(...argv);
    expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(words)]);
    expect(answer.err).not.toMatch(/ {4}at |node:internal/);
  });

  it.each<[string[], RegExp]>([
    [['verify', '--tenant', 'acm'], /is called acm as of seq \d+, \S+; did you mean acme/],
    [['connections', '--at', 'seq:999'], /seq:999 is beyond the ledger/],
    [['probe', 'acme/web-2', '{}'], /the packet cannot be read/],
    [
      ['probe', 'acme/web-2', '{"src":"10.1.0.1","dst":"10.2.0.1","protocol":"icmp"}'],
      /did you mean acme\/web-1/,
    ],
    [['sync', '--shard', 'shard-9'], /there is no shard shard-9; there are: shard-1, shard-2/],
    [['log', '--type', 'TenantRegisterd'], /did you mean TenantRegistered/],
    [['blame', 'internet'], /internet is an external, .*isoledger log --tenant internet/],
  ])('says why %j is wrong on a ledger', async (argv, words) => {
    using place = new Workplace();
    await place.succeed('apply', folderWith(place, 'town', town));
    const answer = await place.run(...argv);
    expect([answer.code, answer.err]).toEqual([2, expect.stringMatching(words)]);
  });

  it('never takes the name of a tenant for everyone: where one is called all, --prune all is asked which is meant', async () => {
    using place = new Workplace();
    const tenant = (name: string): string =>
      `---\n{ kind: Tenant, tenant: ${name}, segments: [one] }\n---\n{ kind: Policy, tenant: ${name}, egress: [] }\n`;
    const withAll = folderWith(place, 'with', town + tenant('all') + tenant('other'));
    const without = folderWith(place, 'without', town);
    const refusal =
      /--prune all may mean everyone, or the tenant all: write --prune tenant\/all .* --prune '\*'/;
    for (const command of ['plan', 'apply']) {
      const first = await place.run(command, withAll, '--prune', 'all');
      expect([first.code, first.err]).toEqual([2, expect.stringMatching(refusal)]);
    }
    await place.succeed('apply', withAll);
    for (const command of ['plan', 'apply']) {
      const later = await place.run(command, without, '--prune', 'all');
      expect([later.code, later.err]).toEqual([2, expect.stringMatching(refusal)]);
    }
    for (const [prune, tenants] of [
      ['tenant/all', /Tenant +removed +1 +all$/m],
      ['*', /Tenant +removed +2 +all, other$/m],
    ] as const)
      expect(await place.succeed('plan', without, '--prune', prune)).toMatch(tenants);
    await place.succeed('apply', without, '--prune', 'tenant/all');
    expect(await place.succeed('apply', without, '--prune', 'all')).toMatch(/Tenant +removed +1 +other$/m);
  });

  it.each(['plan', 'apply'])('says that there is no ledger yet where %s is refused', async (command) => {
    using place = new Workplace();
    const folder = folderWith(place, 'town', '{ kind: Policy, tenant: acme, egress: [] }');
    const { code, err } = await place.run(command, folder);
    expect(code).toBe(2);
    expect(err).toMatch(/no tenant of that name[^]*there is no ledger at sqlite:.* yet/);
    expect(existsSync(place.ledgerPath)).toBe(false);
  });

  it.each(['plan', 'apply'])(
    'does not ask whether --ledger is right where %s is refused for all else',
    async (command) => {
      using place = new Workplace();
      const shards = [1, 2].map((n) => `{ kind: Host, host: hv-${n}, shard: shard-1, tunnelIp: 172.31.0.1 }`);
      const folder = folderWith(place, 'town', `${town}\n---\n${shards.join('\n---\n')}`);
      const { code, err } = await place.run(command, folder);
      expect([code > 1, err]).toEqual([true, expect.not.stringMatching(/is --ledger right/)]);
    },
  );

  it('plans a first apply without leaving a ledger behind', async () => {
    using place = new Workplace();
    expect(await place.succeed('plan', folderWith(place, 'town', town))).toMatch(
      /Tenant +added +3 +acme, globex, vault/,
    );
    expect(existsSync(place.ledgerPath)).toBe(false);
  });
});
