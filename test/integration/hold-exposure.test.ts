import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editLedger, editPlan, hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443, 8443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }, { source: internet, segment: web, ports: [443], guard: CAB-7 }] }
`;
/** What acme lets in no longer: the internet. */
const noInternet = '{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }';
/** The port of acme/web-1 is the database's by now. */
const portMoved = `
kind: Endpoints
tenant: acme
endpoints:
  - { name: db-2, segment: database, ip: 10.1.0.1, mac: "02:00:0a:01:00:01", host: hv-1, interface: vm-web-1 }
  - { name: db-1, segment: database, ip: [10.1.1.1, "fd00::1"], mac: "02:00:0a:01:00:02", host: hv-2, interface: vm-db-1 }`;

const answer = z.looseObject({
  exposure: z.array(
    z.strictObject({
      ...{ from: z.string(), to: z.string(), protocol: z.string(), ports: z.string() },
      because: z.enum(['rules', 'addresses']),
      kind: z.enum(['isolation', 'airgap']),
      former: z.strictObject({ from: z.string(), to: z.string() }).optional(),
    }),
  ),
  refusals: z.array(z.looseObject({ kind: z.string(), words: z.string() })),
});

async function apply(place: Workplace, yaml: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  await place.succeed('apply', folder);
}

/** The town, driven; and then changed, and driven again. Returns the instant before the change. */
async function changed(place: Workplace, change: string): Promise<string> {
  await apply(place, `${town}\n---\n${talk}`);
  await place.succeed('sync');
  const { size } = await place.checkpoint();
  await apply(place, change);
  await place.succeed('sync');
  return `seq:${String(size - 1)}`;
}

async function rehearsed(place: Workplace, at: string): Promise<z.infer<typeof answer>> {
  const dry = ['rebuild', '--shard', 'shard-1', '--at', at, '--dry-run', '--json'];
  const { code, out } = await place.run(...dry);
  const found = answer.parse(JSON.parse(out));
  // It ends as the hold itself would.
  expect(code).toBe(found.refusals.length === 0 ? 0 : 3);
  return found;
}

const connection = { from: 'internet', to: 'acme/web', protocol: 'tcp', ports: '443' };
const opened = { ...connection, because: 'rules', kind: 'isolation' };

describe('a past state that opens what is authorised no longer', () => {
  it('is told by the dry run, connection by connection, and what would be refused', async () => {
    using place = new Workplace();
    const past = await changed(place, noInternet);
    const { size } = await place.checkpoint();
    const { exposure, refusals } = await rehearsed(place, past);
    expect(exposure).toEqual([opened]);
    expect(refusals.map(({ kind }) => kind)).toEqual(['exposure']);
    expect(await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--at', past, '--dry-run')).toMatch(
      /would open +internet +acme\/web +tcp +443 +isolation: not authorised now\n\nwould be refused:\n.*--accept-exposure/,
    );
    expect((await place.checkpoint()).size).toBe(size);
  });

  it.each<[options: string[], lacks: RegExp]>([
    [[], /give --accept-exposure and --reason/],
    [['--reason', 'why not'], /give --accept-exposure and --reason/],
    [['--accept-exposure'], /give --reason, which the event keeps/],
  ])(
    'is no place to hold a shard at with no more than %j, and nothing is recorded or driven',
    async (options, lacks) => {
      using place = new Workplace();
      const past = await changed(place, noInternet);
      const before = await place.checkpoint();
      const hold = ['rebuild', '--shard', 'shard-1', '--at', past, '--hold', ...options];
      const { code, out, err } = await place.run(...hold);
      expect([code, out, err]).toEqual([
        3,
        expect.stringMatching(/would open +internet +acme\/web +tcp +443/),
        expect.stringMatching(lacks),
      ]);
      const { code: again, out: json } = await place.run(...hold, '--json');
      expect([again, JSON.parse(json)]).toMatchObject([3, { refused: 'exposure', exposure: [opened] }]);
      expect(await place.checkpoint()).toEqual(before);
      expect((await place.verify()).verdict).toBe('proven');
    },
  );

  it('is held at where that is accepted with a reason, which the event keeps, and is a violation at once', async () => {
    using place = new Workplace();
    const past = await changed(place, noInternet);
    const hold = ['rebuild', '--shard', 'shard-1', '--at', past, '--hold'];
    // The revocation was carried out: it is not under way once more.
    const held = await place.run(...hold, '--accept-exposure', '--reason', 'the new one is worse');
    expect([held.code, held.out]).toEqual([1, expect.stringMatching(/shard-1 is violated \(1 finding/)]);
    const log = await place.succeed('log', '--type', 'ShardHeld', '--json');
    const { entries } = z.looseObject({ entries: z.array(z.unknown()) }).parse(JSON.parse(log));
    expect(entries).toMatchObject([{ reason: 'the new one is worse', data: { acceptedExposure: 1 } }]);
    expect(await place.succeed('log', '--type', 'ShardHeld')).toMatch(
      /the new one is worse .*which opens 1 connection beyond what was authorised: accepted/,
    );
    const opening = { from: 'internet', to: 'acme/web', window: { openedBy: { type: 'ChangePlanned' } } };
    expect(await place.verify()).toMatchObject({
      verdict: 'violated',
      findings: [{ kind: 'isolation', ...opening }],
    });
    expect((await place.verify('--from', 'seq:0')).verdict).toBe('violated');
  });

  it('is also one in which a port is another one’s by now', async () => {
    using place = new Workplace();
    const past = await changed(place, portMoved);
    const { exposure } = await rehearsed(place, past);
    // Through the other shard's hosts, which stay at the present, nothing gets to it.
    const former = { from: 'internet', to: 'acme/web' };
    expect(exposure).toEqual([{ ...opened, to: 'acme/database', former }]);
    const held = 'acme/database (its port was held by acme/web)';
    const words = new RegExp(`internet +${held.replace(/[()]/g, '\\$&')} +tcp`);
    expect(await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--at', past, '--dry-run')).toMatch(words);
    // The verifier says the same of it afterwards.
    const hold = ['rebuild', '--shard', 'shard-1', '--at', past, '--hold'];
    await place.run(...hold, '--accept-exposure', '--reason', 'why not');
    const { findings } = await place.verify();
    const found = findings.map(({ kind, from, to, former: by }) => ({ kind, from, to, former: by }));
    expect(found).toContainEqual({ kind: 'isolation', from: 'internet', to: 'acme/database', former });
    expect((await place.run('verify')).out).toMatch(words);
  });

  it('is also one in which a tenant had no air gap yet, in the words of the verifier', async () => {
    using place = new Workplace();
    await apply(place, `${town}\n---\n${talk}`);
    await place.succeed('sync');
    const past = `seq:${String((await place.checkpoint()).size - 1)}`;
    const tenant = town.split('---').find((each) => /^kind: Tenant\ntenant: acme$/m.test(each)) ?? '';
    await apply(place, '{ kind: Policy, tenant: acme }\n---\n{ kind: Policy, tenant: globex }');
    await apply(place, `${tenant}\nisolation: air-gapped`);
    await place.succeed('sync');
    const { exposure } = await rehearsed(place, past);
    expect(exposure).toContainEqual({ ...opened, kind: 'airgap' });
    expect(await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--at', past, '--dry-run')).toMatch(
      /internet +acme\/web +tcp +443 +airgap: no rule may ever allow it\n/,
    );
    const hold = ['rebuild', '--shard', 'shard-1', '--at', past, '--hold'];
    await place.run(...hold, '--accept-exposure', '--reason', 'why not');
    const { findings } = await place.verify();
    const found = new Set(findings.map(({ kind, from, to }) => `${kind} ${from} ${to}`));
    const told = new Set(exposure.map(({ kind, from, to }) => `${kind} ${from} ${to}`));
    expect(found).toEqual(told);
  });

  it('is also one in which an address is another one by now', async () => {
    using place = new Workplace();
    const endpoints = town.split('---').find((each) => /name: web-1/.test(each)) ?? '';
    const past = await changed(place, endpoints.replace('ip: 10.1.0.1,', 'ip: 10.1.0.9,'));
    const { exposure } = await rehearsed(place, past);
    expect(exposure).toContainEqual({ ...opened, because: 'addresses' });
    expect(exposure.every(({ because }) => because === 'addresses')).toBe(true);
  });

  it('opens nothing for whoever is in quarantine now, and so needs no word', async () => {
    using place = new Workplace();
    const past = await changed(place, noInternet);
    await place.succeed('quarantine', 'internet');
    expect((await rehearsed(place, past)).exposure).toEqual([]);
    await place.succeed('rebuild', '--shard', 'shard-1', '--at', past, '--hold');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });
});

describe('a past state that opens nothing', () => {
  it('is held at without a word more', async () => {
    using place = new Workplace();
    const past = await changed(place, talk.replace('[443, 8443]', '[443]'));
    const more = '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443, 8443] }] }';
    await apply(place, more);
    await place.succeed('sync');
    const { exposure, refusals } = await rehearsed(place, past);
    expect([exposure, refusals]).toEqual([[], []]);
    const { code } = await place.run('rebuild', '--shard', 'shard-1', '--at', past, '--hold');
    expect(code).toBe(0);
    const log = await place.succeed('log', '--type', 'ShardHeld');
    expect(log).not.toMatch(/beyond what was authorised/);
  });
});

describe('a dry run', () => {
  it('names every host that would refuse', async () => {
    using place = new Workplace();
    await changed(place, noInternet);
    editPlan(hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' }), 99);
    editLedger(hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-2' }), 'other');
    const dry = await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--dry-run');
    expect(dry).toMatch(
      /would be refused:\n {2}host hv-1 holds plan 99 and refuses plan 3\n.*hv-2\.jsonl belongs to ledger other/,
    );
  });
});
