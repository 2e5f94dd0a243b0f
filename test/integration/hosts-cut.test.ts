import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editLedger, editPlan, hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }], egress: [{ destination: internet, segment: web, ports: [443], guard: CAB-7 }] }
`;

function write(place: Workplace, yaml: string): string {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

async function apply(place: Workplace, yaml: string, ...options: string[]): Promise<void> {
  await place.succeed('apply', write(place, yaml), ...options);
}

async function synced(place: Workplace): Promise<void> {
  await apply(place, `${town}\n---\n${talk}`);
  await place.succeed('sync');
}

const hostFile = (place: Workplace, shard: string, host: string): string =>
  hostFileOf(place.ledgerPath, { shard, host });

/** The host holds a later plan than its ledger knows. */
function moveAhead(file: string): void {
  editPlan(file, 99);
}

function giveAway(file: string): void {
  editLedger(file, 'other');
}

/** A link that leads to itself: what stands there cannot even be opened. */
function leadRound(place: string): void {
  symlinkSync(place, place);
}

/** The host cannot be reached until what is returned is called. */
function takeAway(file: string, put: (place: string) => void = leadRound): () => void {
  renameSync(file, `${file}.aside`);
  put(file);
  return () => {
    rmSync(file, { recursive: true });
    renameSync(`${file}.aside`, file);
  };
}

const answer = z.looseObject({
  hosts: z.array(
    z.strictObject({ shard: z.string(), host: z.string(), cut: z.boolean(), why: z.string().nullable() }),
  ),
});

/** What is said of each host, as `host: cut` or `host: not cut`; and the exit code. */
async function told(place: Workplace, ...argv: string[]): Promise<{ code: number; hosts: string[] }> {
  const { code, out } = await place.run(...argv, '--json');
  const { hosts } = answer.parse(JSON.parse(out));
  return { code, hosts: hosts.map(({ host, cut }) => `${host}: ${cut ? 'cut' : 'not cut'}`) };
}

const delivered = async (place: Workplace, from: string, packet: object): Promise<boolean> =>
  z
    .looseObject({ delivered: z.boolean() })
    .parse(JSON.parse(await place.succeed('probe', from, JSON.stringify(packet), '--json'))).delivered;

const tcp = { protocol: 'tcp', srcPort: 40_000, dstPort: 443 };
const inside = { src: '10.1.0.1', dst: '10.1.1.1', ...tcp };
const between = { src: '10.2.0.1', dst: '10.1.0.1', ...tcp };
const outward = { src: '10.1.0.1', dst: '8.8.8.8', ...tcp };

describe('quarantine of a segment', () => {
  it('cuts it off from everything else, its own tenant included, and a release gives all of it back', async () => {
    using place = new Workplace();
    await synced(place);
    const before = await place.connections('applied');
    const recorded = (await place.checkpoint()).size;
    const { code, hosts } = await told(place, 'quarantine', 'acme/web', '--reason', 'incident 4711');
    expect([code, hosts]).toEqual([0, ['hv-1: cut', 'hv-2: cut', 'hv-3: cut', 'hv-4: cut']]);
    expect(await delivered(place, 'acme/web-1', inside)).toBe(false);
    expect(await delivered(place, 'globex/app-1', between)).toBe(false);
    expect(await delivered(place, 'acme/web-1', outward)).toBe(false);
    for (const lane of ['intended', 'applied'] as const) expect(await place.connections(lane)).toEqual([]);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    expect(await place.verify('--tenant', 'acme/web', '--peer', 'acme/database')).toMatchObject({
      reach: [{ reach: 'none' }],
    });
    const why = await place.succeed('explain', 'acme/web', 'acme/database', 'tcp/443');
    expect(why).toMatch(
      /acme\/web is in quarantine, .*also from the other segments of acme[^]*SegmentQuarantined .*incident 4711[^]*isoledger release acme\/web/,
    );
    expect(await place.succeed('status')).toMatch(/in quarantine: acme\/web\n/);
    expect(await place.succeed('blame', 'acme')).toMatch(/segment web cut off from everything else/);
    expect(await place.succeed('log', '--tenant', 'acme', '--type', 'SegmentQuarantined')).toMatch(
      /segment web cut off/,
    );
    expect(await place.succeed('diff', `seq:${String(recorded - 1)}`, 'now')).toMatch(
      /SegmentQuarantined of acme/,
    );
    await place.succeed('release', 'acme/web');
    expect(await place.connections('applied')).toEqual(before);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('lasts when its tenant is released, and is said to', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'acme');
    await place.succeed('quarantine', 'acme/web');
    expect(await place.succeed('release', 'acme')).toMatch(
      /hv-1 +released +acme\/web stays cut\n[^]*acme\/web is in quarantine still, and stays cut off/,
    );
    expect(await delivered(place, 'globex/app-1', between)).toBe(false);
    await place.succeed('quarantine', 'acme');
    expect(await place.succeed('release', 'acme/web')).toMatch(
      /hv-1 +released +acme stays cut\n[^]*^acme is in quarantine still, and stays cut off/m,
    );
    expect(await delivered(place, 'acme/web-1', inside)).toBe(true);
    expect(await delivered(place, 'globex/app-1', between)).toBe(false);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('cuts at hosts that carry it for a grant that was revoked, and that is not taken away yet', async () => {
    using place = new Workplace();
    await synced(place);
    await apply(place, `${town}\n---\n{ kind: Policy, tenant: globex, egress: [] }`);
    const { code, hosts } = await told(place, 'quarantine', 'acme/web');
    expect([code, hosts]).toEqual([0, ['hv-1: cut', 'hv-2: cut', 'hv-3: cut', 'hv-4: cut']]);
    await place.succeed('sync');
    expect(await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run')).not.toMatch(/acl/);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });

  it('ends with the segment: one that comes again under its name is another', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'acme/database');
    const acme = (segments: string, endpoints: string): string =>
      `{ kind: Tenant, tenant: acme, segments: [${segments}], services: [{ name: acme-api, segment: web, ports: [443, 8443] }] }
---
{ kind: Endpoints, tenant: acme, endpoints: [${endpoints}] }`;
    const seat = (name: string, segment: string, host: string): string =>
      `{ name: ${name}, segment: ${segment}, ip: 10.1.${name === 'web-1' ? '0' : '1'}.1, mac: "02:00:0a:01:00:0${name === 'web-1' ? '1' : '2'}", host: ${host}, interface: vm-${name} }`;
    const without = acme('web', seat('web-1', 'web', 'hv-1'));
    expect(await place.succeed('plan', write(place, without))).toMatch(
      /acme\/database is in quarantine, which would end/,
    );
    await apply(place, without);
    await place.succeed('sync');
    await apply(
      place,
      acme('web, database', `${seat('web-1', 'web', 'hv-1')}, ${seat('db-1', 'database', 'hv-2')}`),
    );
    await place.succeed('sync');
    expect(await delivered(place, 'acme/web-1', inside)).toBe(true);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });
});

describe('quarantine of an external', () => {
  it('cuts it off from everyone, and nobody from anybody else', async () => {
    using place = new Workplace();
    await synced(place);
    const before = await place.connections('applied');
    const { code, hosts } = await told(place, 'quarantine', 'internet');
    expect([code, hosts]).toEqual([0, ['hv-1: cut', 'hv-2: cut']]);
    expect(await delivered(place, 'acme/web-1', outward)).toBe(false);
    expect(await delivered(place, 'globex/app-1', between)).toBe(true);
    const rest = before.filter(({ from, to }) => from !== 'internet' && to !== 'internet');
    for (const lane of ['intended', 'applied'] as const) expect(await place.connections(lane)).toEqual(rest);
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    expect(await place.succeed('explain', 'acme/web', 'internet', 'tcp/443')).toMatch(
      /internet is in quarantine, .*\n +seq \d+.*ExternalQuarantined[^]*isoledger release internet/,
    );
    await place.succeed('release', 'internet');
    expect(await place.connections('applied')).toEqual(before);
  });

  it('without a gateway concerns no host, and says so', async () => {
    using place = new Workplace();
    await synced(place);
    expect(await place.succeed('quarantine', 'partner')).toMatch(
      /^partner is in quarantine since entry \d+\nno host carries partner: there is nothing to be told\n$/,
    );
  });

  it('is what plan says a change would be withheld by', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'internet');
    const folder = join(place.folder, 'more');
    mkdirSync(folder);
    const more =
      '{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }, { destination: internet, ports: [53], protocol: udp, guard: G }] }';
    writeFileSync(join(folder, 'documents.yaml'), more);
    expect(await place.succeed('plan', folder)).toMatch(
      /^0 connections gained, 0 lost, 1 withheld by quarantine[^]*gained on release +globex\/app +internet +udp +53/,
    );
  });
});

describe('a shard that is held at a past state', () => {
  it.each(['acme/web', 'internet'])('cuts %s off all the same', async (name) => {
    using place = new Workplace();
    await synced(place);
    const past = `seq:${String((await place.checkpoint()).size - 1)}`;
    await place.succeed('rebuild', '--shard', 'shard-1', '--at', past, '--hold');
    expect((await told(place, 'quarantine', name)).code).toBe(0);
    expect(await delivered(place, 'acme/web-1', outward)).toBe(false);
    // A host that lost its cut is given it again.
    rmSync(hostFile(place, 'shard-1', 'hv-1'));
    expect((await place.run('sync')).code).toBe(4);
    expect(await delivered(place, 'acme/web-1', outward)).toBe(false);
  });
});

describe('after a quarantine', () => {
  it('a host that is away is said not to be cut, with exit code 5, and none waits for it', async () => {
    using place = new Workplace();
    await synced(place);
    const comeBack = takeAway(hostFile(place, 'shard-1', 'hv-1'));
    const { code, out, err } = await place.run('quarantine', 'acme', '--timeout', '0s');
    expect(code).toBe(5);
    expect(out).toMatch(
      /hv-1 +not cut +.*hv-1\.jsonl cannot be read: its links lead round in a circle.*\n.*hv-2 +cut\n.*hv-3 +cut\n/,
    );
    expect(err).toMatch(/acme is NOT cut off at 1 of 4 hosts\n$/);
    expect(await place.succeed('status')).toMatch(
      /plan 2 on 1 of 2 hosts +1 plan[^]*shard-1: host hv-1 acknowledged plan 1 last, and did not take plan 2: .*cannot be read: its links lead round in a circle.*\n/,
    );
    comeBack();
    expect(await told(place, 'quarantine', 'acme')).toMatchObject({ code: 0 });
    expect(await place.succeed('status')).toMatch(/plan 2 on all of 2 hosts/);
    expect(await place.succeed('status')).not.toMatch(/did not take/);
  });

  it('a pipe in the place of a host is not waited for', async () => {
    using place = new Workplace();
    await synced(place);
    takeAway(hostFile(place, 'shard-1', 'hv-1'), (pipe) => execFileSync('mkfifo', [pipe]));
    const { code, hosts } = await told(place, 'quarantine', 'acme', '--timeout', '0s');
    expect([code, hosts]).toEqual([5, ['hv-1: not cut', 'hv-2: cut', 'hv-3: cut', 'hv-4: cut']]);
  });

  it('every host that refuses is named, with the graver exit code, in status too', async () => {
    using place = new Workplace();
    await synced(place);
    for (const [shard, host] of [
      ['shard-1', 'hv-2'],
      ['shard-2', 'hv-3'],
    ] as const)
      moveAhead(hostFile(place, shard, host));
    const { code, hosts } = await told(place, 'quarantine', 'acme');
    expect([code, hosts]).toEqual([4, ['hv-1: cut', 'hv-2: not cut', 'hv-3: not cut', 'hv-4: cut']]);
    const status = await place.succeed('status');
    for (const host of ['hv-2', 'hv-3'])
      expect(status).toMatch(
        new RegExp(
          `host ${host} says that it holds plan 99, and did not take plan 2: host ${host} holds plan 99 .*; isoledger doctor says what to do about it`,
        ),
      );
    expect(status).not.toMatch(/on all of/);
    for (const command of [['sync'], ['rebuild', '--shard', 'shard-1']]) {
      const { code: again, err } = await place.run(...command);
      expect([again, err]).toEqual([
        4,
        expect.stringMatching(/host hv-2 refuses its plan: host hv-2 holds plan 99/),
      ]);
      expect(err.match(/is ahead of this ledger/g)).toHaveLength(1);
      expect(err).toMatch(/later backup back: move this file away, and isoledger ledger restore FILE/);
    }
    const rehearsed = await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--dry-run');
    expect(rehearsed).toMatch(/isoledger doctor says what to do about hosts that refuse/);
    expect((await place.run('doctor')).out).toMatch(/host hv-2 .*isoledger ledger restore FILE/);
    expect((await place.run('sync')).err).toMatch(/host hv-3 refuses its plan/);
    giveAway(hostFile(place, 'shard-1', 'hv-1'));
    expect((await told(place, 'quarantine', 'acme')).code).toBe(6);
  });

  it('a host that a lost history of the ledger drove is left alone, though the numbers of plans say nothing', async () => {
    using place = new Workplace();
    await synced(place);
    const backup = join(place.folder, 'backup.db');
    await place.succeed('ledger', 'backup', backup);
    await place.succeed('quarantine', 'acme/web');
    const lost = readFileSync(hostFile(place, 'shard-1', 'hv-1'), 'utf8');
    for (const file of [place.ledgerPath, join(`${place.ledgerPath}.d`, 'state')])
      rmSync(file, { recursive: true });
    await place.succeed('ledger', 'restore', backup);
    const other = talk.replace('ports: [443] }] }', 'ports: [8443] }] }');
    for (const policies of [other, other.replace('8443', '443, 8443')]) {
      await apply(place, `${town}\n---\n${policies}`);
      const { code, err } = await place.run('sync');
      expect([code, err]).toEqual([
        4,
        expect.stringMatching(/host hv-1 holds another plan 2 than this ledger has/),
      ]);
      expect(readFileSync(hostFile(place, 'shard-1', 'hv-1'), 'utf8')).toBe(lost);
    }
    expect((await place.verify()).verdict).toBe('unknown');
    expect((await place.run('doctor')).out).toMatch(/hv-1 +holds another plan 2 than the ledger has/);
    expect((await place.run('rebuild', '--shard', 'shard-1', '--dry-run')).out).toMatch(
      /holds another plan 2/,
    );
    for (const [shard, host] of [
      ['shard-1', 'hv-1'],
      ['shard-1', 'hv-2'],
      ['shard-2', 'hv-3'],
      ['shard-2', 'hv-4'],
    ] as const)
      rmSync(hostFile(place, shard, host));
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it("every host of a shard is named where all of them are another ledger's, and nothing else is recorded", async () => {
    using place = new Workplace();
    await synced(place);
    for (const host of ['hv-1', 'hv-2']) giveAway(hostFile(place, 'shard-1', host));
    const { code, hosts } = await told(place, 'quarantine', 'internet');
    expect([code, hosts]).toEqual([6, ['hv-1: not cut', 'hv-2: not cut']]);
    const { size } = await place.checkpoint();
    const { code: again, err } = await place.run('rebuild', '--shard', 'shard-1');
    expect([again, err]).toEqual([
      6,
      expect.stringMatching(/hv-1\.jsonl belongs to[^]*hv-2\.jsonl belongs to/),
    ]);
    expect((await place.checkpoint()).size).toBe(size);
    const { verdict, gaps } = await place.verify();
    expect([verdict, gaps.map(({ about }) => about)]).toEqual(['unknown', ['host/hv-1', 'host/hv-2']]);
    expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(
      /hv-1, which acknowledged plan 1, holds objects of ledger other\n[^]*hv-2/,
    );
    const files = ['hv-1', 'hv-2'].map((host) => hostFile(place, 'shard-1', host));
    for (const file of files) rmSync(file);
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it('a retired host is emptied, or said not to be cut', async () => {
    using place = new Workplace();
    await synced(place);
    const comeBack = takeAway(hostFile(place, 'shard-2', 'hv-4'));
    const documents = `${town}\n---\n${talk}`.split('---').filter((each) => !/host: hv-4/.test(each));
    await apply(place, documents.join('---'), '--prune', 'all');
    const away = await told(place, 'quarantine', 'globex', '--timeout', '0s');
    expect([away.code, away.hosts]).toEqual([5, ['hv-1: cut', 'hv-2: cut', 'hv-3: cut', 'hv-4: not cut']]);
    // No event tells why it could not be emptied: what is known is the plan that it is at.
    expect(await place.succeed('status')).toContain(
      'shard-2: host hv-4 was retired and is still to be emptied: isoledger sync does that, or says why it cannot; it acknowledged plan 1 last\n',
    );
    expect(JSON.parse(await place.succeed('status', '--json'))).toMatchObject({
      leaving: [{ shard: 'shard-2', host: 'hv-4', plan: 1, failed: null }],
    });
    comeBack();
    const emptied = await told(place, 'quarantine', 'globex');
    expect([emptied.code, emptied.hosts]).toEqual([0, ['hv-1: cut', 'hv-2: cut', 'hv-3: cut', 'hv-4: cut']]);
  });

  it('a host that did not take a plan before it was retired is named with that plan, and why', async () => {
    using place = new Workplace();
    await synced(place);
    const comeBack = takeAway(hostFile(place, 'shard-2', 'hv-4'));
    await place.run('quarantine', 'globex', '--timeout', '0s');
    const documents = `${town}\n---\n${talk}`.split('---').filter((each) => !/host: hv-4/.test(each));
    await apply(place, documents.join('---'), '--prune', 'all');
    expect(await place.succeed('status')).toMatch(
      /hv-4 was retired [^\n]* why it cannot; it acknowledged plan 1 last, and did not take plan 2: [^\n]+hv-4/,
    );
    comeBack();
    await place.succeed('sync');
    expect(await place.succeed('status')).not.toContain('hv-4');
  });

  it('that is recorded only, it is said at how many hosts nothing is cut yet, however often', async () => {
    using place = new Workplace();
    await synced(place);
    const noWait = (intent: string, name: string): Promise<string> =>
      place.succeed(intent, name, '--no-wait');
    const notYet = (hosts: string): string =>
      `acme/web is NOT cut off yet at ${hosts}: isoledger sync cuts it off there\n`;
    expect(await noWait('quarantine', 'acme/web')).toMatch(/^acme\/web is in quarantine since entry \d+\n/);
    expect(await noWait('quarantine', 'acme/web')).toBe(
      `acme/web is in quarantine already: nothing to record\n${notYet('4 of 4 hosts')}`,
    );
    const json = await place.succeed('quarantine', 'acme/web', '--no-wait', '--json');
    const untold = ['hv-1', 'hv-2', 'hv-3', 'hv-4'].map((host, index) => ({
      shard: index < 2 ? 'shard-1' : 'shard-2',
      host,
    }));
    expect(JSON.parse(json)).toMatchObject({ recorded: null, untold, hosts: null, shards: null });
    // Planned is not carried out: a host that is away has not cut.
    const comeBack = takeAway(hostFile(place, 'shard-1', 'hv-1'));
    await place.run('sync', '--timeout', '0s');
    expect(await noWait('quarantine', 'acme/web')).toContain(notYet('1 of 4 hosts'));
    comeBack();
    await place.succeed('sync');
    expect(await noWait('quarantine', 'acme/web')).toContain(
      'by what hosts acknowledged, acme/web is cut off at all of 4 hosts\n',
    );
    expect(await noWait('release', 'acme/web')).toContain(
      'acme/web is still cut off at 4 of 4 hosts: isoledger sync ends that\n',
    );
    await place.succeed('sync');
    expect(await noWait('release', 'acme/web')).toContain(
      'by what hosts acknowledged, no quarantine of acme/web is left at any of 4 hosts\n',
    );
  });

  it('that is recorded only, a release waits for the end of a hold, and nothing is said where no host is concerned', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'acme/web');
    const past = `seq:${String((await place.checkpoint()).size - 1)}`;
    await place.succeed('rebuild', '--shard', 'shard-1', '--at', past, '--hold');
    expect(await place.succeed('release', 'acme/web', '--no-wait')).toContain(
      'isoledger sync ends that, on shard-1 once it is resumed, or held anew\n',
    );
    await place.succeed('apply', write(place, '{ kind: Tenant, tenant: newco, segments: [n] }'));
    expect(await place.succeed('quarantine', 'newco', '--no-wait')).toContain(
      'no host carries newco: there is nothing to be told\n',
    );
  });
});

describe('after a release', () => {
  it('a host that is away is said to be cut still, and so is one whose shard is held', async () => {
    using place = new Workplace();
    await synced(place);
    await place.succeed('quarantine', 'internet');
    const comeBack = takeAway(hostFile(place, 'shard-1', 'hv-1'));
    const { code, out } = await place.run('release', 'internet', '--timeout', '0s');
    expect([code, out]).toEqual([
      5,
      expect.stringMatching(
        /hv-1 +still cut +it may be: .*cannot be read: its links lead round in a circle.*\n.*hv-2 +open\n/,
      ),
    ]);
    comeBack();
    expect((await told(place, 'release', 'internet')).hosts).toEqual(['hv-1: not cut', 'hv-2: not cut']);
  });
});
