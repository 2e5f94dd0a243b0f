import { readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Workplace } from '../support/command-line.ts';
import { editObjects, hostFileOf, objectsInFile } from '../support/host-file.ts';
import { ServeProcess } from '../support/serve-process.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;
const at = ['--shard', 'shard-1', '--host', 'hv-1'] as const;

const answer = z.strictObject({
  formatVersion: z.literal(1),
  shard: z.string(),
  host: z.string(),
  open: z.boolean(),
  recorded: z.int().nullable(),
});
const listed = z.object({
  bypasses: z.array(
    z.looseObject({
      ...{ shard: z.string(), host: z.string(), bypass: z.int(), open: z.boolean() },
      since: z.looseObject({ seq: z.int(), by: z.string(), reason: z.string() }),
    }),
  ),
});

async function driven(): Promise<Workplace> {
  const place = new Workplace();
  await place.succeed('apply', examples);
  await place.succeed('sync');
  return place;
}

async function said(place: Workplace, ...argv: string[]): Promise<z.infer<typeof answer>> {
  return answer.parse(JSON.parse(await place.succeed('bypass', ...argv, ...at, '--json')));
}

const fileOf = ({ ledgerPath }: Workplace): string =>
  hostFileOf(ledgerPath, { shard: 'shard-1', host: 'hv-1' });

/** Takes an object away from hv-1, behind everybody's back. Returns how many are left. */
function edit(place: Workplace): number {
  editObjects(fileOf(place), (objects) => objects.slice(1));
  return objectsInFile(fileOf(place)).length;
}

describe('a bypass', () => {
  it('is recorded once, listed with who opened it and why, and ends once the host was seen whole', async () => {
    using place = await driven();
    expect(await place.succeed('bypass', 'list')).toBe('no bypass is open\n');
    const { recorded, ...open } = await said(place, 'open', '--reason', 'incident 4711', '--as', 'ada');
    expect(open).toEqual({ formatVersion: 1, shard: 'shard-1', host: 'hv-1', open: true });
    expect(await said(place, 'open')).toEqual({ ...open, recorded: null });
    expect(await place.succeed('bypass', 'open', ...at)).toMatch(/is open .* already: nothing to record/);
    for (const command of [['bypass', 'list'], ['status']]) {
      expect(await place.succeed(...command)).toMatch(
        /shard-1: a bypass is open at host hv-1 since seq \d+, \S+ by ada .*reason "incident 4711".*isoledger bypass close --shard shard-1 --host hv-1/,
      );
      const { bypasses } = listed.parse(JSON.parse(await place.succeed(...command, '--json')));
      expect(bypasses).toMatchObject([
        {
          shard: 'shard-1',
          host: 'hv-1',
          bypass: 1,
          open: true,
          since: { seq: recorded, by: 'ada', reason: 'incident 4711' },
        },
      ]);
    }
    expect((await place.run('doctor')).out).toMatch(/host hv-1.*a bypass is open there/);
    const closed = await said(place, 'close');
    expect(closed).toMatchObject({ open: false });
    expect(await said(place, 'close')).toEqual({ ...closed, recorded: null });
    expect(await place.succeed('bypass', 'close', ...at)).toMatch(/no bypass is open/);
    expect(await place.succeed('bypass', 'list')).toMatch(
      /is closed, and nobody saw the whole host since: isoledger sync does/,
    );
    await place.succeed('sync');
    expect(await place.succeed('bypass', 'list')).toBe('no bypass is open\n');
    expect(await place.succeed('log', '--type', 'BypassSettled')).toMatch(
      /bypass 1 is over: host hv-1 was seen whole/,
    );
    expect(await place.succeed('bypass', 'open', ...at)).toMatch(
      /is open at host hv-1 of shard-1 since entry/,
    );
    expect(await place.succeed('bypass', 'close', ...at)).toMatch(/is closed since entry/);
  });

  it('of an unknown shard or host is refused, with the names that there are', async () => {
    using place = await driven();
    for (const intent of ['open', 'close']) {
      const shard = await place.run('bypass', intent, '--shard', 'shard-9', '--host', 'hv-1');
      expect([shard.code, shard.err]).toEqual([
        2,
        expect.stringMatching(/no shard shard-9; there are: shard-1/),
      ]);
      const host = await place.run('bypass', intent, '--shard', 'shard-1', '--host', 'hv-11');
      expect([host.code, host.err]).toEqual([2, expect.stringMatching(/no host hv-11; did you mean hv-1/)]);
      const other = await place.run('bypass', intent, '--shard', 'shard-2', '--host', 'hv-1');
      expect([other.code, other.err]).toEqual([2, expect.stringMatching(/there is one of shard-1/)]);
    }
    expect((await place.run('bypass', 'open', '--shard', 'shard-1')).code).toBe(2);
  });

  it('lets what is done by hand stay, is unknown on the observed lane alone, and is put right at its end', async () => {
    using place = await driven();
    const whole = objectsInFile(fileOf(place)).length;
    await said(place, 'open');
    const left = edit(place);
    const synced = await place.succeed('sync');
    expect(synced).toMatch(
      /recorded as drift[^]*a bypass is open at host hv-1: what is found there by hand is left/,
    );
    expect(objectsInFile(fileOf(place)).length).toBe(left);
    expect((await place.run('verify', '--lane', 'observed')).out).toMatch(
      /a bypass was opened there for shard-1 at seq/,
    );
    await said(place, 'close');
    await place.succeed('sync');
    expect(objectsInFile(fileOf(place)).length).toBe(whole);
    expect((await place.run('verify', '--lane', 'observed')).code).toBe(0);
  });

  it('does not hold up a cut, and says of the host what else may be there', async () => {
    using place = await driven();
    await said(place, 'open');
    edit(place);
    const { out } = await place.run('quarantine', 'acme-corp');
    expect(out).toMatch(/hv-1 .*a bypass is open there/);
    expect(readFileSync(fileOf(place), 'utf8')).toMatch(/"tier":"quarantine"/);
    const applied = await place.succeed('log', '--type', 'ChangeApplied');
    expect(applied).toMatch(/host hv-1 acknowledged plan 2/);
  });

  it('leaves a host that lost its mark as it is, and says so; nothing is rebuilt meanwhile', async () => {
    using place = await driven();
    await said(place, 'open');
    rmSync(fileOf(place));
    const { code, err } = await place.run('quarantine', 'acme-corp', '--timeout', '1m');
    expect([code, err]).toEqual([
      4,
      expect.stringMatching(/a bypass is open at host hv-1, and its mark is none/),
    ]);
    const sync = await place.run('sync');
    expect([sync.code, sync.err]).toEqual([
      4,
      expect.stringMatching(/isoledger bypass close --shard shard-1 --host hv-1/),
    ]);
    expect(await place.succeed('status')).toMatch(/host hv-1 .*did not take plan 2: a bypass is open/);
    for (const options of [[], ['--resume'], ['--at', 'seq:5', '--hold']]) {
      const rebuilt = await place.run('rebuild', '--shard', 'shard-1', ...options);
      expect([rebuilt.code, rebuilt.err]).toEqual([
        3,
        expect.stringMatching(/is refused: a bypass is open at host hv-1/),
      ]);
    }
    expect((await place.run('rebuild', '--shard', 'shard-1', '--dry-run')).code).toBe(0);
    const refused = await place.run('rebuild', '--shard', 'shard-1', '--json');
    expect(JSON.parse(refused.out)).toEqual({ formatVersion: 1, refused: 'bypass', hosts: ['hv-1'] });
    await said(place, 'close');
    await place.succeed('rebuild', '--shard', 'shard-1');
    expect(objectsInFile(fileOf(place)).length).toBeGreaterThan(0);
    expect((await place.run('verify', '--lane', 'observed')).code).toBe(0);
  });

  it('is kept by a service that runs, which goes on with all else, and puts the host right at its end', async () => {
    using place = await driven();
    const logged = async (type: string): Promise<number> =>
      (await place.succeed('log', '--type', type)).split('\n').filter((line) => line.includes('hv-1')).length;
    const whole = objectsInFile(fileOf(place)).length;
    await using served = await ServeProcess.on(place.ledgerUrl);
    await served.says('the service has started');
    await said(place, 'open');
    const left = edit(place);
    await expect.poll(() => logged('DriftDetected'), { timeout: 20_000 }).toBe(1);
    const before = (await place.checkpoint()).size;
    await setTimeout(2_000);
    expect([objectsInFile(fileOf(place)).length, (await place.checkpoint()).size]).toEqual([left, before]);
    await place.succeed('quarantine', 'acme-corp', '--no-wait');
    await expect.poll(() => logged('ChangeApplied'), { timeout: 20_000 }).toBe(2);
    expect(await logged('DriftCorrected')).toBe(0);
    await place.succeed('release', 'acme-corp', '--no-wait');
    await said(place, 'close');
    await expect.poll(() => logged('BypassSettled'), { timeout: 20_000 }).toBe(1);
    await expect.poll(() => objectsInFile(fileOf(place)).length, { timeout: 20_000 }).toBe(whole);
    expect(await served.end()).toBe(0);
  });

  it('is none at a host that is said to be gone', async () => {
    using place = await driven();
    await said(place, 'open');
    await place.succeed('gone', 'hv-1', '--reason', 'scrapped');
    expect(await place.succeed('bypass', 'list')).toBe('no bypass is open\n');
  });
});
