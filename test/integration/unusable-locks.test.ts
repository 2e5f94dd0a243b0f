import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import type { Answer } from '../support/answer-by.ts';
import { Workplace } from '../support/command-line.ts';
import { describeNeeding, root } from '../support/needs.ts';
import { nobody, OtherUser } from '../support/other-user.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`;

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  const file = join(place.folder, 'town.yaml');
  writeFileSync(file, `${town}\n---\n${talk}`);
  await place.succeed('apply', file);
  await place.succeed('sync');
  return place;
}

const locksOf = ({ ledgerPath }: Workplace): string => join(`${ledgerPath}.d`, 'locks');
const lockOf = (place: Workplace): string => join(locksOf(place), 'applier', 'shard-1.lock');

function linkTo(target: string): (path: string) => void {
  return (path) => {
    symlinkSync(target, path);
  };
}

function makeFile(path: string): void {
  writeFileSync(path, '');
}

function makeFolder(path: string): void {
  mkdirSync(path);
}

const advice = 'Once that role can be taken, isoledger sync drives the hosts concerned';

const told = z.looseObject({
  hosts: z.array(z.looseObject({ host: z.string(), cut: z.boolean(), why: z.string().nullable() })),
  shards: z.array(
    z.looseObject({
      driven: z.array(z.string()),
      taken: z.strictObject({ code: z.literal('RolesUnavailable'), problem: z.string() }).optional(),
    }),
  ),
});

function expectCutAtShard2Alone({ code, out, err }: Answer, why: string): void {
  expect([code, out]).toEqual([5, expect.stringContaining('acme is in quarantine since entry')]);
  for (const host of ['hv-1', 'hv-2']) expect(out).toMatch(new RegExp(`shard-1 +${host} +not cut .*${why}`));
  for (const host of ['hv-3', 'hv-4']) expect(out).toMatch(new RegExp(`shard-2 +${host} +cut\n`));
  expect(err).toMatch(new RegExp(`^shard-1: .*${why}`, 'm'));
  expect(err).toContain(advice);
  expect(err).toContain('acme is NOT cut off at 2 of 4 hosts');
}

describe('the lock of one shard that cannot be taken', () => {
  it.each([
    ['is a link', linkTo('/x')],
    ['is a folder', makeFolder],
  ])('since it %s, keeps no other shard from a quarantine', async (why, spoil) => {
    using place = await givenEstate();
    rmSync(lockOf(place));
    spoil(lockOf(place));
    expectCutAtShard2Alone(await place.run('quarantine', 'acme'), why);
    const again = await place.run('quarantine', 'acme', '--json');
    const { hosts, shards } = told.parse(JSON.parse(again.out));
    expect([again.code, hosts.map(({ host, cut }) => [host, cut])]).toEqual([
      5,
      [
        ['hv-1', false],
        ['hv-2', false],
        ['hv-3', true],
        ['hv-4', true],
      ],
    ]);
    expect(hosts[0]?.why).toContain(why);
    expect(shards.map(({ taken }) => taken?.problem)).toEqual([expect.stringContaining(why), undefined]);
  });

  it('keeps no other from being driven by sync and release, and rebuild says what came of it', async () => {
    using place = await givenEstate();
    await place.succeed('quarantine', 'acme');
    rmSync(lockOf(place));
    symlinkSync('/x', lockOf(place));
    await place.succeed('release', 'acme', '--no-wait');
    const sync = await place.run('sync');
    expect([sync.code, sync.err]).toEqual([5, expect.stringContaining(advice)]);
    expect(sync.out).toMatch(
      /shard-1 +\d+ +none +not looked at +none +none\nshard-2 +\d+ +hv-3, hv-4 +none +none +none\n/,
    );
    const rebuild = await place.run('rebuild', '--shard', 'shard-1');
    expect([rebuild.code, rebuild.out]).toEqual([5, expect.stringMatching(/shard-1 +\d+ +none/)]);
    const release = await place.run('release', 'acme');
    expect([release.code, release.out]).toEqual([
      5,
      expect.stringMatching(/shard-1 +hv-1 +still cut +it may be: .*is a link(.*\n)+shard-2 +hv-3 +open/),
    ]);
  });

  it('is all there is to mend: a sync then drives the hosts', async () => {
    using place = await givenEstate();
    rmSync(lockOf(place));
    symlinkSync('/x', lockOf(place));
    expect((await place.run('quarantine', 'acme')).code).toBe(5);
    rmSync(lockOf(place));
    expect(await place.succeed('sync')).toMatch(/shard-1 +\d+ +hv-1, hv-2/);
  });
});

describe('a folder of locks that cannot be used', () => {
  it.each([
    ['is a link', linkTo('/tmp')],
    ['is no folder', makeFile],
  ])('since it %s, leaves every host not cut, and says why of each', async (why, spoil) => {
    using place = await givenEstate();
    rmSync(locksOf(place), { recursive: true });
    spoil(locksOf(place));
    const { code, out, err } = await place.run('quarantine', 'acme');
    expect([code, out.match(new RegExp(`hv-\\d +not cut +.*${why}`, 'g'))?.length]).toEqual([5, 4]);
    expect(err).toContain('acme is NOT cut off at 4 of 4 hosts');
  });
});

describeNeeding([root], 'an account that may not use locks', () => {
  let owner: OtherUser;
  beforeAll(() => {
    owner = new OtherUser();
  });
  afterAll(() => owner[Symbol.asyncDispose]());

  async function givenEstateOfOwner(): Promise<Workplace> {
    const place = await givenEstate();
    chownSync(place.folder, nobody, nobody);
    for (const name of readdirSync(place.folder, { recursive: true, encoding: 'utf8' }))
      chownSync(join(place.folder, name), nobody, nobody);
    return place;
  }

  it('since one is of another account, drives every other shard', async () => {
    using place = await givenEstateOfOwner();
    chownSync(lockOf(place), 0, 0);
    chmodSync(lockOf(place), 0o600);
    const answer = await owner.run('--ledger', place.ledgerUrl, 'quarantine', 'acme');
    expectCutAtShard2Alone(answer, 'cannot be locked at .*see its rights');
  });

  it('since none can be made, is told of every host that it is not cut', async () => {
    using place = await givenEstateOfOwner();
    renameSync(locksOf(place), join(place.folder, 'locks-elsewhere'));
    chmodSync(`${place.ledgerPath}.d`, 0o550);
    const { code, out } = await owner.run('--ledger', place.ledgerUrl, 'quarantine', 'acme');
    expect([code, out.match(/hv-\d +not cut +.*cannot be locked/g)?.length]).toEqual([5, 4]);
  });
});
