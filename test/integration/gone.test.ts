import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { hostFileOf } from '../support/host-file.ts';

const answer = z.strictObject({
  formatVersion: z.literal(1),
  shard: z.string(),
  host: z.string(),
  gone: z.boolean(),
  declared: z.boolean(),
  recorded: z.int().nullable(),
});
const standing = z.looseObject({
  gone: z.array(z.strictObject({ shard: z.string(), host: z.string() })),
  leaving: z.array(z.unknown()),
});

const withoutHv4 = town
  .split('---')
  .filter((text) => !text.includes('hv-4'))
  .join('---');

async function applied(place: Workplace, yaml: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  await place.succeed('apply', folder, '--prune', 'all');
}

async function gone(place: Workplace, ...options: string[]): Promise<z.infer<typeof answer>> {
  return answer.parse(
    JSON.parse(await place.succeed('gone', 'hv-4', '--reason', 'scrapped', '--json', ...options)),
  );
}

/** A place in which the file of hv-4 cannot be reached. */
async function withoutWay(place: Workplace): Promise<string> {
  await applied(place, town);
  await place.succeed('sync');
  const file = hostFileOf(place.ledgerPath, { shard: 'shard-2', host: 'hv-4' });
  rmSync(file);
  mkdirSync(file);
  return file;
}

it('a host that was retired and is gone for good is not waited for, on the word of whoever says so', async () => {
  using place = new Workplace();
  const file = await withoutWay(place);
  await applied(place, withoutHv4);
  expect((await place.run('sync', '--timeout', '0s')).code).toBe(5);
  expect((await place.run('doctor')).out).toMatch(/host hv-4/);
  const { recorded, ...said } = await gone(place, '--as', 'ada');
  expect(said).toEqual({ formatVersion: 1, shard: 'shard-2', host: 'hv-4', gone: true, declared: false });
  expect(await gone(place)).toEqual({ ...said, recorded: null });
  expect(await gone(place, '--shard', 'shard-2')).toEqual({ ...said, recorded: null });
  expect(await place.succeed('log', '--type', 'HostGone')).toMatch(
    new RegExp(`^${String(recorded)} .* ada .*host/hv-4 .*scrapped.*on the word of whoever said so`, 'm'),
  );
  await place.succeed('sync', '--timeout', '0s');
  rmSync(file, { recursive: true });
  await place.succeed('doctor');
  expect(standing.parse(JSON.parse(await place.succeed('status', '--json')))).toMatchObject({
    gone: [],
    leaving: [],
  });
  expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
  // Its name may be used anew.
  await applied(place, town);
  await place.succeed('sync');
  expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
});

it('a host that is still declared is left alone until it is there after all', async () => {
  using place = new Workplace();
  const file = await withoutWay(place);
  const said = await place.succeed('gone', 'hv-4', '--reason', 'scrapped');
  expect(said).toMatch(
    /hv-4 of shard-2 counts as holding nothing since entry \d+, on your word[^]*still declared: take it out/,
  );
  expect(await place.succeed('gone', 'hv-4', '--reason', 'again')).toMatch(
    /said to be gone already: nothing to record\n/,
  );
  await place.succeed('sync', '--timeout', '0s');
  await place.succeed('quarantine', 'globex', '--timeout', '0s');
  await place.succeed('release', 'globex', '--timeout', '0s');
  expect(await place.succeed('status')).toMatch(
    /shard-2: host hv-4 was said to be gone, and counts as holding nothing/,
  );
  expect(await place.succeed('quarantine', 'globex', '--timeout', '0s')).toMatch(
    /hv-4 +gone +somebody said so/,
  );
  await place.succeed('release', 'globex', '--timeout', '0s');
  const word = { shard: 'shard-2', host: 'hv-4', reason: 'scrapped' };
  expect(await place.verify()).toMatchObject({
    ...{ verdict: 'proven', gaps: [] },
    vouched: [{ ...word, until: null }],
  });
  const words = /host hv-4 of shard-2 is taken to hold nothing since seq \d+: .+ said so, scrapped/;
  for (const command of ['verify', 'status', 'doctor']) expect(await place.succeed(command)).toMatch(words);
  const [{ seq } = { seq: 0 }] = (await place.verify()).vouched;
  expect((await place.verify('--lane', 'intended')).vouched).toEqual([]);
  rmSync(file, { recursive: true });
  expect(await place.succeed('gone', 'hv-4', '--reason', 'new one', '--back')).toMatch(
    /is there since entry \d+: isoledger sync drives it/,
  );
  expect(await gone(place, '--back')).toMatchObject({ gone: false, declared: true, recorded: null });
  expect(await place.succeed('gone', 'hv-4', '--reason', 'x', '--back')).toMatch(
    /nobody says that .* is gone: nothing to record/,
  );
  await place.succeed('sync', '--timeout', '0s');
  expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [], vouched: [] });
  expect(await place.succeed('doctor')).not.toMatch(words);
  const then = ['--at', `seq:${String(seq)}`];
  for (const when of [then, ['--from', `seq:${String(seq)}`]]) {
    const { gaps, ...answer } = await place.verify(...when);
    expect(answer).toMatchObject({ verdict: 'unknown', vouched: [word] });
    expect(gaps.map(({ about, problem }) => `${about}: ${problem}`).join('\n')).toMatch(
      /^hv-4: .* was taken back at seq/m,
    );
  }
  const through = ['--from', `seq:${String(seq)}`, '--to', 'now'];
  const [{ until } = { until: null }] = (await place.verify(...through)).vouched;
  expect((await place.run('verify', ...through)).out).toContain(
    `hv-4 of shard-2 was taken to hold nothing from seq ${String(seq)} to seq ${String(until)}, where that was taken back: `,
  );
  expect(await place.succeed('verify', ...then, '--known-at', `seq:${String(seq)}`)).toMatch(/^proven/);
});

it('a host is named, and there must be one, and a reason', async () => {
  using place = new Workplace();
  await applied(place, town);
  const refused = async (...argv: string[]): Promise<string> => {
    const { code, err } = await place.run('gone', ...argv);
    expect(code).toBe(2);
    return err;
  };
  expect(await refused('hv-5', '--reason', 'x')).toMatch(/there is no host hv-5; did you mean hv-1\?/);
  expect(await refused('elsewhere', '--reason', 'x')).toMatch(
    /isoledger status names those that are waited for/,
  );
  expect(await refused('hv-4', '--reason', 'x', '--shard', 'shard-1')).toMatch(
    /no host hv-4 of shard-1; there is one of shard-2/,
  );
  expect(await refused('hv-4')).toMatch(/--reason <text>/);
  expect(await refused('hv-4', '--reason', ' ')).toMatch(/a reason that says something\n/);
  expect(await place.succeed('gone', 'hv-4', '--reason', 'x')).toMatch(/still declared/);
  await applied(place, withoutHv4);
  expect(await place.succeed('gone', 'hv-4', '--reason', 'x', '--back')).toMatch(/declared by no document/);
});

it('a name that is to be emptied in one shard and is in use in another is told apart by its shard', async () => {
  using place = new Workplace();
  await applied(place, town);
  await place.succeed('sync');
  await applied(place, withoutHv4);
  await applied(place, town.replace('host: hv-4, shard: shard-2', 'host: hv-4, shard: shard-1'));
  expect((await place.run('gone', 'hv-4', '--reason', 'x')).err).toMatch(
    /host hv-4 may be that of shard-1 or shard-2: say which, with --shard/,
  );
  expect(await gone(place, '--shard', 'shard-2')).toMatchObject({ shard: 'shard-2', declared: false });
  await place.succeed('sync');
  expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
});
