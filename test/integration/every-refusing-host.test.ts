import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editLedger, editPlan, hostFileOf } from '../support/host-file.ts';

const talk = `
{ kind: Host, host: hv-5, shard: shard-1, tunnelIp: 172.31.0.5 }
---
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;

const shards = { 'shard-1': ['hv-1', 'hv-2', 'hv-5'], 'shard-2': ['hv-3', 'hv-4'] } as const;
const all = Object.values(shards).flat();

function writtenFolder(place: Workplace, policies: string): string {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), `${town}\n---\n${policies}`);
  return folder;
}

function fileOf(place: Workplace, host: string): string {
  const [shard = ''] = Object.entries(shards).flatMap(([name, hosts]) =>
    hosts.some((each) => each === host) ? [name] : [],
  );
  return hostFileOf(place.ledgerPath, { shard, host });
}

/** The hosts that the lines of a text name that match. */
function namedIn(text: string, line: (host: string) => string): string[] {
  return all.filter((host) => new RegExp(line(host), 'm').test(text)).sort();
}

const packet = '{"src":"10.2.0.1","dst":"10.1.0.1","protocol":"tcp","srcPort":40000,"dstPort":443}';
const drift = (host: string): string => `^shard-\\d: host ${host} was last found to hold something else`;
const foundAt = (host: string): string =>
  `^shard-\\d: host ${host} did not hold what it had acknowledged: found .*; recorded as drift( before)?$`;
const refusal = (host: string): string =>
  `^shard-\\d: host ${host} refuses its plan: (.*${host}\\.jsonl belongs to ledger another|host ${host} holds plan 99 and refuses)`;
const gap = (host: string): string => `^ +host/${host}: was found to hold something else`;

/** Two hosts hold another ledger's objects, and one a later plan: in both shards, in one, and as all hosts of one. */
describe.each([
  { foreign: ['hv-1', 'hv-3'], later: 'hv-2' },
  { foreign: ['hv-1', 'hv-2'], later: 'hv-5' },
  { foreign: ['hv-3', 'hv-4'], later: 'hv-1' },
])('where $foreign are of another ledger, and $later is ahead', ({ foreign, later }) => {
  const refusing = [...foreign, later].sort();
  const inShard = (shard: keyof typeof shards): string[] =>
    refusing.filter((host) => shards[shard].some((each) => each === host));

  async function given(): Promise<Workplace> {
    const place = new Workplace();
    await place.succeed('apply', writtenFolder(place, talk));
    await place.succeed('sync');
    for (const host of foreign) editLedger(fileOf(place, host), 'another');
    editPlan(fileOf(place, later), 99);
    return place;
  }

  it('sync, status and verify name each, before and after an apply, which none keeps from being recorded', async () => {
    using place = await given();
    for (const [before, policies] of [talk, talk.replace('443', '8443')].entries()) {
      await place.succeed('apply', writtenFolder(place, policies));
      const { code, out, err } = await place.run('sync', '--timeout', '0s');
      expect([code, namedIn(err, refusal), namedIn(out, foundAt)]).toEqual([6, refusing, refusing]);
      expect(out.match(/ recorded as drift before$/gm) ?? []).toHaveLength(before * refusing.length);
      expect(namedIn(await place.succeed('status'), drift)).toEqual(refusing);
      const verdict = await place.run('verify');
      expect([verdict.code, namedIn(verdict.out, gap)]).toEqual([7, refusing]);
    }
  });

  it('quarantine and release name each', async () => {
    using place = await given();
    const cut = await place.run('quarantine', 'acme', '--timeout', '0s');
    expect([cut.code, namedIn(cut.err, refusal)]).toEqual([6, refusing]);
    expect(namedIn(cut.out, (host) => `^shard-\\d +${host} +not cut +\\S`)).toEqual(refusing);
    expect(cut.err).toMatch(/acme is NOT cut off at 3 of 5 hosts\n$/);
    const open = await place.run('release', 'acme', '--timeout', '0s');
    expect([open.code, namedIn(open.err, refusal)]).toEqual([6, refusing]);
    expect(namedIn(open.out, (host) => `^shard-\\d +${host} +still cut +it may be: \\S`)).toEqual(refusing);
    expect(open.err).toMatch(/acme may still be cut off at 3 of 5 hosts\n$/);
  });

  it('rebuild names each of its shard, as does its dry run; verify thereafter names all', async () => {
    using place = await given();
    for (const shard of ['shard-1', 'shard-2'] as const) {
      const dry = await place.endWith(
        inShard(shard).length > 0 ? 3 : 0,
        'rebuild',
        '--shard',
        shard,
        '--dry-run',
      );
      const [, wouldRefuse = ''] = dry.split('would be refused:\n');
      expect(namedIn(wouldRefuse, (host) => host)).toEqual(inShard(shard));
      const { code, err } = await place.run('rebuild', '--shard', shard, '--timeout', '0s');
      expect([code === 0, namedIn(err, refusal)]).toEqual([false, inShard(shard)]);
    }
    const verdict = await place.run('verify');
    expect([verdict.code, namedIn(verdict.out, gap)]).toEqual([7, refusing]);
  });

  it('doctor names each; probe each that it cannot ask', async () => {
    using place = await given();
    const doctor = await place.run('doctor');
    expect([doctor.code, namedIn(doctor.out, (host) => `^FAIL +host ${host} +\\S`)]).toEqual([6, refusing]);
    const probe = await place.run('probe', 'globex/app-1', packet);
    expect([probe.code, probe.out]).toEqual([6, '']);
    expect(namedIn(probe.err, (host) => `${host}\\.jsonl belongs to ledger another`)).toEqual(foreign);
  });
});
