import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { objectsByKey, type OverlayObject } from '../../events/overlay-objects.ts';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { editLedger, editObjects, editPlan, hostFileOf, objectsInFile } from '../support/host-file.ts';

const talk = `
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }, { source: internet, segment: web, ports: [443], guard: CAB-7 }] }
`;
const less = '{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }';

const dryAnswer = z.strictObject({
  formatVersion: z.literal(1),
  ledger: z.strictObject({ id: z.string(), size: z.int(), root: z.string() }),
  shard: z.string(),
  held: z.strictObject({ seq: z.int(), time: z.string() }).nullable(),
  target: z.strictObject({ seq: z.int(), time: z.string() }),
  objects: z.int(),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      found: z.string(),
      drifted: z.boolean(),
      differs: z.strictObject({ put: z.array(z.unknown()), removed: z.array(z.string()) }).nullable(),
      refuses: z.string().nullable(),
      put: z.array(z.string()),
      removed: z.array(z.string()),
    }),
  ),
  leaving: z.array(
    z.strictObject({
      host: z.string(),
      found: z.string(),
      known: z.boolean(),
      refuses: z.string().nullable(),
    }),
  ),
  exposure: z.array(z.record(z.string(), z.string())),
  refusals: z.array(z.strictObject({ kind: z.enum(['exposure', 'vni', 'host']), words: z.string() })),
});

/** Somebody who holds a shard at a state that opens what is authorised no longer has to say so. */
const accepted = ['--accept-exposure', '--reason', 'why not'];

async function apply(place: Workplace, yaml: string): Promise<void> {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  await place.succeed('apply', folder);
}

async function synced(place: Workplace): Promise<void> {
  await apply(place, `${town}\n---\n${talk}`);
  await place.succeed('sync');
}

const hostFile = (place: Workplace, host: string): string =>
  hostFileOf(place.ledgerPath, { shard: 'shard-1', host });

async function here(place: Workplace): Promise<string> {
  return `seq:${String((await place.checkpoint()).size - 1)}`;
}

async function typesSince(place: Workplace, seq: string): Promise<string[]> {
  const out = await place.succeed('log', '--since', seq, '--json');
  const { entries } = z
    .looseObject({ entries: z.array(z.looseObject({ type: z.string() })) })
    .parse(JSON.parse(out));
  return entries.slice(1).map(({ type }) => type);
}

/** What befell the file of hv-1, what is found there, and what the log says of it. */
const damages: [string, (file: string) => void, RegExp, RegExp][] = [
  [
    'deleted',
    (file) => {
      rmSync(file);
    },
    /^nothing$/,
    /which acknowledged plan 1, holds nothing/,
  ],
  [
    'cut in the middle',
    (file) => {
      truncateSync(file, 200);
    },
    /^a set of objects that no change closes|no whole JSON text$/,
    /which acknowledged plan 1, cannot be read: /,
  ],
  [
    'edited by hand: an object taken out',
    (file) => {
      editObjects(file, (objects) => objects.filter(({ kind }) => kind !== 'acl'));
    },
    /^a set of \d+ objects that calls itself plan 1$/,
    /which acknowledged plan 1, lacks acl\/[0-9a-f]{24}, /,
  ],
];

describe('rebuild', () => {
  it.each(damages)(
    'given a host whose file was %s, ends where the events say',
    async (_what, damage, found, logged) => {
      using place = new Workplace();
      await synced(place);
      const before = { file: readFileSync(hostFile(place, 'hv-1'), 'utf8'), at: await here(place) };
      const connections = await place.connections('applied');
      damage(hostFile(place, 'hv-1'));

      const checkpoint = await place.checkpoint();
      const dry = dryAnswer.parse(
        JSON.parse(await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run', '--json')),
      );
      expect(dry.hosts.map(({ host, drifted }) => [host, drifted])).toEqual([
        ['hv-1', true],
        ['hv-2', false],
      ]);
      expect(dry.hosts[0]?.found).toMatch(found);
      expect(dry.hosts[0]?.put.length).toBeGreaterThan(0);
      expect(await place.checkpoint()).toEqual(checkpoint);

      const out = await place.succeed('rebuild', '--shard', 'shard-1');
      expect(out).toMatch(/host hv-1 did not hold what it had acknowledged: found .*; recorded as drift/);
      expect(out).toMatch(/verified: isolation on shard-1 is proven \(0 findings, 0 gaps\)/);
      expect(await typesSince(place, before.at)).toEqual(['DriftDetected', 'DriftCorrected']);
      expect(await place.succeed('log', '--type', 'DriftDetected')).toMatch(logged);
      expect(readFileSync(hostFile(place, 'hv-1'), 'utf8')).toBe(before.file);
      expect(await place.connections('applied')).toEqual(connections);
      expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [], gaps: [] });
      expect(await place.succeed('rebuild', '--shard', 'shard-1')).toMatch(/shard-1 +1 +none needed it/);
      expect(await typesSince(place, before.at)).toHaveLength(2);
    },
  );

  it('a drift that was found leaves the time before it unknown, but for what was known then', async () => {
    using place = new Workplace();
    await synced(place);
    const acknowledged = await here(place);
    const file = hostFile(place, 'hv-1');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"ports":[[443,443]]', '"ports":[[22,443]]'));
    await place.succeed('sync');
    const over = ['--from', acknowledged, '--to', 'now'];
    const widened = await place.verify(...over);
    expect(widened.verdict).toBe('unknown');
    expect(widened.gaps[0]).toMatchObject({ kind: 'drift', about: 'host/hv-1' });
    expect((await place.verify('--at', acknowledged)).verdict).toBe('unknown');
    expect((await place.verify()).verdict).toBe('proven');
    const then = await place.run('verify', '--at', acknowledged, '--known-at', acknowledged);
    expect([then.code, then.out]).toEqual([0, expect.stringMatching(/^proven.*, as known at seq \d+/)]);
    const json = await place.run('verify', '--known-at', acknowledged, '--json');
    expect(JSON.parse(json.out)).toMatchObject({
      verdict: 'proven',
      knownAt: { seq: Number(acknowledged.slice(4)) },
    });
    const wrong = await place.run('verify', '--known-at', '2026-01-01T00:00:00Z');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/--known-at takes an entry/)]);
  });

  it('given a whole shard that is gone, drives every host of it, and leaves other shards alone', async () => {
    using place = new Workplace();
    await synced(place);
    rmSync(join(`${place.ledgerPath}.d`, 'overlay'), { recursive: true });
    const out = await place.succeed('rebuild', '--shard', 'shard-1');
    expect(out).toMatch(/shard-1 +1 +hv-1, hv-2 +none/);
    const drifts = await place.succeed('log', '--type', 'DriftDetected', '--json');
    expect(z.looseObject({ entries: z.array(z.unknown()) }).parse(JSON.parse(drifts)).entries).toHaveLength(
      2,
    );
    expect(await place.succeed('rebuild', '--shard', 'shard-2')).toMatch(/shard-2 +1 +hv-3, hv-4 +none/);
    expect((await place.verify()).verdict).toBe('proven');
  });

  it('says nothing of isolation as proven of a shard with a host that it could not drive', async () => {
    using place = new Workplace();
    await synced(place);
    const file = hostFile(place, 'hv-1');
    rmSync(file);
    symlinkSync(file, file);
    const { code, out, err } = await place.run('rebuild', '--shard', 'shard-1', '--timeout', '0s');
    expect([code, err]).toEqual([5, expect.stringMatching(/host hv-1 did not take its plan: /)]);
    expect(out).toMatch(
      /isolation on shard-1 is unknown \(0 findings, 1 gap\)\n\n1 gap:\n {2}hv-1: it could not be driven, .* before: /,
    );
    rmSync(file);
    expect(await place.succeed('rebuild', '--shard', 'shard-1')).toMatch(/isolation on shard-1 is proven/);
  });

  it.each<[what: string, put: (path: string) => void]>([
    ['a folder', mkdirSync],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ])('%s in the place of a host is drift, as garbage is, and no host that is away', async (what, put) => {
    using place = new Workplace();
    await synced(place);
    const file = hostFile(place, 'hv-1');
    rmSync(file);
    put(file);
    const { code, out, err } = await place.run('sync', '--timeout', '0s');
    expect([code, out + err]).toEqual([
      5,
      expect.stringContaining(
        `found ${what} at ${file}, where the file of a host has to be; recorded as drift`,
      ),
    ]);
    expect((await place.verify()).verdict).toBe('unknown');
    const doctor = await place.run('doctor');
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringContaining(`holds ${what} at ${file}`)]);
    rmSync(file, { recursive: true });
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it('given a shard that was never driven, drives it for the first time', async () => {
    using place = new Workplace();
    await apply(place, `${town}\n---\n${talk}`);
    const dry = await place.succeed('rebuild', '--shard', 'shard-1', '--dry-run');
    expect(dry).toMatch(/nothing is recorded or driven\n\nHOST +HOLDS[^]*hv-1 +nothing +yes +\d+ +0/);
    await place.succeed('rebuild', '--shard', 'shard-1');
    await place.succeed('rebuild', '--shard', 'shard-2');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
  });
});

/** What befell the file of hv-1, the exit code, and what is said of it. */
const refusals: [string, (file: string) => void, number, RegExp][] = [
  [
    'a later plan',
    (file) => {
      editPlan(file, 99);
    },
    4,
    /host hv-1 holds plan 99 and refuses plan 2\n[^]*keeps no other from being driven/,
  ],
  [
    "another ledger's objects",
    (file) => {
      editLedger(file, 'other');
    },
    6,
    /hv-1\.jsonl belongs to ledger other/,
  ],
];

describe('a host that refuses its plan', () => {
  it.each(refusals)(
    'since it holds %s keeps no other from being cut off',
    async (_what, change, code, words) => {
      using place = new Workplace();
      await synced(place);
      const stands = readFileSync(hostFile(place, 'hv-1'), 'utf8');
      change(hostFile(place, 'hv-1'));
      const refused = await place.run('quarantine', 'acme');
      expect([refused.code, refused.out, refused.err]).toEqual([
        code,
        expect.stringMatching(
          /^acme is in quarantine since entry \d+\n[^]*hv-1 +not cut +.*hv-1[^]*hv-2 +cut\n[^]*hv-3 +cut\n/,
        ),
        expect.stringMatching(words),
      ]);
      for (const host of ['hv-2', '../shard-2/hv-3', '../shard-2/hv-4'])
        expect(readFileSync(hostFile(place, host), 'utf8')).toContain('"tier":"quarantine"');
      const log = await place.succeed('log', '--type', 'ChangeFailed');
      expect(log).toMatch(/host hv-1 did not take plan 2: /);
      expect((await place.run('sync')).code).toBe(code);
      writeFileSync(hostFile(place, 'hv-1'), stands);
      await place.succeed('sync');
      expect(readFileSync(hostFile(place, 'hv-1'), 'utf8')).toContain('"tier":"quarantine"');
      expect((await place.verify()).verdict).toBe('proven');
    },
  );
});

describe('a shard held at a past state', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The wall clock goes on by more than a revocation may take. */
  function later(): void {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  }

  it('stands still there while the events go on, and follows them again when it is resumed', async () => {
    using place = new Workplace();
    await synced(place);
    const past = await here(place);
    const then = await place.connections('applied');
    await apply(place, less);
    await place.succeed('sync');
    const now = await place.connections('applied');
    expect(then.filter(({ from }) => from === 'internet')).toHaveLength(1);
    expect(now.filter(({ from }) => from === 'internet')).toEqual([]);

    const dry = dryAnswer.parse(
      JSON.parse(
        await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--at', past, '--dry-run', '--json'),
      ),
    );
    expect(dry.hosts.every(({ put, drifted }) => put.length > 0 && !drifted)).toBe(true);

    later();
    const hold = await place.run('rebuild', '--shard', 'shard-1', '--at', past, '--hold', ...accepted);
    // What was revoked since is open again, and the verifier says so at once.
    expect([hold.code, hold.out]).toEqual([1, expect.stringMatching(/isolation on shard-1 is violated/)]);
    expect(await place.connections('applied')).toEqual(then);
    expect(await place.connections('intended')).toEqual(now);

    const size = (await place.checkpoint()).size;
    const sync = await place.run('sync');
    expect([sync.code, sync.err]).toEqual([4, expect.stringMatching(/shard-1 is held at seq \d+.*--resume/)]);
    expect((await place.checkpoint()).size).toBe(size);
    await place.run('rebuild', '--shard', 'shard-1', '--at', past, '--hold', ...accepted);
    expect((await place.checkpoint()).size).toBe(size);
    await apply(place, '{ kind: Tenant, tenant: late, shard: shard-2, segments: [one] }');
    expect((await place.run('sync')).code).toBe(4);
    // A sync cuts nothing there: what does is said instead.
    const cut = await place.run('explain', 'internet', 'acme/web', 'tcp/443');
    expect(cut.out).toContain(
      'isoledger rebuild --shard shard-1 --resume lets shard-1 follow the events again',
    );
    expect(cut.out).not.toContain('isoledger sync');

    expect(await place.succeed('rebuild', '--shard', 'shard-1', '--resume')).toMatch(/shard-1 is proven/);
    expect(await place.connections('applied')).toEqual(now);
    const log = await place.succeed('log', '--type', 'ShardHeld', '--type', 'ShardResumed');
    expect(log).toMatch(/ShardHeld +overlay\/shard-1 +why not +held at the state of seq[^]*ShardResumed/);
    await place.succeed('sync');
    expect(await place.verify()).toMatchObject({ verdict: 'proven', findings: [] });
    const again = (await place.checkpoint()).size;
    await place.succeed('rebuild', '--shard', 'shard-1', '--resume');
    expect((await place.checkpoint()).size).toBe(again);
  });

  it('is told by a dry run, which shows what a rebuild does there, and with --resume what the end of the hold does', async () => {
    using place = new Workplace();
    await synced(place);
    const past = await here(place);
    await apply(place, less);
    await place.succeed('sync');
    await place.run('rebuild', '--shard', 'shard-1', '--at', past, '--hold', ...accepted);
    const target = ['rebuild', '--shard', 'shard-1'];
    const dry = async (...options: string[]): Promise<z.infer<typeof dryAnswer>> =>
      dryAnswer.parse(JSON.parse((await place.run(...target, ...options, '--dry-run', '--json')).out));
    const sizes = ({ hosts }: z.infer<typeof dryAnswer>): unknown[] =>
      hosts.map(({ put, removed }) => [put.length, removed.length]);
    const nothing = [
      [0, 0],
      [0, 0],
    ];

    const atRest = await dry();
    expect([atRest.held, sizes(atRest)]).toEqual([atRest.target, nothing]);
    expect(`seq:${String(atRest.held?.seq)}`).toBe(past);
    expect(await place.succeed(...target, '--dry-run')).toMatch(
      /shard-1 is held there: rebuild keeps its hosts at that, [^\n]* ends with exit code 4; with --resume/,
    );
    const resumed = await dry('--resume');
    expect([resumed.held, resumed.hosts.every(({ removed }) => removed.length > 0)]).toEqual([null, true]);
    expect(await place.succeed(...target, '--resume', '--dry-run')).not.toContain('is held there');
    expect((await dry('--at', past)).held).toBeNull();

    // A host that lost everything, and somebody to be cut off: that is what a rebuild does there.
    rmSync(hostFile(place, 'hv-1'));
    await place.succeed('quarantine', 'acme', '--no-wait');
    const before = await dry();
    expect(before.hosts.map(({ put, removed }) => [put.length > 0, removed.length])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    expect((await place.run(...target)).code).toBe(4);
    const after = await dry();
    expect([after.objects, sizes(after)]).toEqual([before.objects, nothing]);

    // After the end of the hold nothing is left to be told.
    await place.succeed('rebuild', '--shard', 'shard-1', '--resume');
    const free = await dry();
    expect([free.held, sizes(free)]).toEqual([null, nothing]);
  });

  it('lets quarantine through at once, and keeps who was released cut off until it is resumed or held anew', async () => {
    using place = new Workplace();
    await synced(place);
    const past = await here(place);
    const hold = ['rebuild', '--shard', 'shard-1', '--at', past, '--hold', ...accepted];
    await apply(place, less);
    await place.succeed('sync');
    await place.run(...hold);
    const ofAcme = async (): Promise<unknown[]> =>
      (await place.connections('applied')).filter(({ from, to }) => /^acme/.test(from) !== /^acme/.test(to));
    expect(await ofAcme()).not.toEqual([]);

    const out = await place.succeed('quarantine', 'acme');
    expect(out).toMatch(/shard-1 +hv-1 +cut\nshard-1 +hv-2 +cut\n/);
    expect(await ofAcme()).toEqual([]);
    later();
    expect((await place.verify('--tenant', 'acme')).verdict).toBe('proven');
    const size = (await place.checkpoint()).size;
    expect((await place.run('sync')).code).toBe(4);
    await place.succeed('quarantine', 'acme');
    expect((await place.checkpoint()).size).toBe(size);

    const released = await place.run('release', 'acme');
    expect([released.code, released.out]).toEqual([
      4,
      expect.stringMatching(/shard-1 +hv-1 +still cut +the shard is held: the cut stays until it is resumed/),
    ]);
    expect(await ofAcme()).toEqual([]);
    expect(await place.succeed('plan', join(place.folder, 'documents'))).toMatch(
      /shard-1 is held: its steps wait until/,
    );
    await place.run(...hold);
    expect(await ofAcme()).not.toEqual([]);
    await place.succeed('rebuild', '--shard', 'shard-1', '--resume');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it.each<[string, string[]]>([
    ['sync', ['sync']],
    ['quarantine once more', ['quarantine', 'acme']],
    ['rebuild', ['rebuild', '--shard', 'shard-1']],
  ])('has its cuts put back by %s where a host lost them', async (_what, command) => {
    using place = new Workplace();
    await synced(place);
    await place.run('rebuild', '--shard', 'shard-1', '--at', await here(place), '--hold');
    const stale = readFileSync(hostFile(place, 'hv-1'), 'utf8');
    await place.succeed('quarantine', 'acme');
    const files = ['hv-1', 'hv-2'].map((host) => hostFile(place, host));
    const held = (): OverlayObject[][] => files.map(objectsInFile);
    const cut = held();
    writeFileSync(hostFile(place, 'hv-1'), stale);
    rmSync(hostFile(place, 'hv-2'));
    const before = await here(place);
    const doctor = await place.run('doctor');
    expect([doctor.code, doctor.out]).toEqual([
      1,
      expect.stringMatching(/host hv-1 +holds a set .* plan 1, and acknowledged plan 2 /),
    ]);
    await place.run(...command);
    expect(held().map((objects) => objectsByKey(objects))).toEqual(
      cut.map((objects) => objectsByKey(objects)),
    );
    expect(await typesSince(place, before)).toEqual([
      'DriftDetected',
      'DriftDetected',
      'DriftCorrected',
      'DriftCorrected',
    ]);
    expect((await place.verify('--tenant', 'acme')).verdict).toBe('proven');
  });

  it('is driven to a past state with those cut off who are in quarantine now', async () => {
    using place = new Workplace();
    await synced(place);
    const past = await here(place);
    await apply(place, less);
    await place.succeed('quarantine', 'acme');
    await place.succeed('sync');
    const target = ['rebuild', '--shard', 'shard-1', '--at', past];
    const dry = dryAnswer.parse(JSON.parse(await place.succeed(...target, '--dry-run', '--json')));
    await place.run(...target, '--hold');
    const put = z.looseObject({
      data: z.looseObject({ put: z.array(z.looseObject({ tier: z.string().optional() })) }),
    });
    const log = await place.succeed('log', '--type', 'ChangePlanned', '--json');
    const { entries } = z.looseObject({ entries: z.array(z.unknown()) }).parse(JSON.parse(log));
    expect(put.parse(entries.at(-1)).data.put).toHaveLength(dry.hosts[0]?.put.length ?? -1);
    expect(put.parse(entries.at(-1)).data.put.some(({ tier }) => tier === 'quarantine')).toBe(false);
    later();
    expect((await place.verify('--tenant', 'acme')).verdict).toBe('proven');
    const objects = objectsInFile(hostFile(place, 'hv-1'));
    expect(objects.some((object) => object.kind === 'acl' && object.tier === 'quarantine')).toBe(true);
  });

  it('is refused where a VNI belongs to another by now', async () => {
    using place = new Workplace();
    const tenant = (name: string): string =>
      `{ kind: Tenant, tenant: ${name}, shard: shard-1, segments: [one] }`;
    await apply(place, `${town}\n---\n${tenant('old')}`);
    await place.succeed('sync');
    const past = await here(place);
    await apply(place, town);
    const folder = join(place.folder, 'documents');
    await place.succeed('apply', folder, '--prune', 'all');
    await place.succeed('sync');
    await apply(place, tenant('new'));
    await place.succeed('sync');
    const { code, err } = await place.run('rebuild', '--shard', 'shard-1', '--at', past, '--hold');
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/VNI 5003 belonged to old\/one and is new\/one's now/),
    ]);
    expect(await place.endWith(3, 'rebuild', '--shard', 'shard-1', '--at', past, '--dry-run')).toMatch(
      /hv-1[^]*would be refused:\n.*VNI 5003 belonged to old\/one/,
    );
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /required option '--shard/],
    [['--shard', 'shard-9'], 2, /there is no shard shard-9; there are: shard-1, shard-2/],
    [['--shard', 'shard-1', '--hold'], 2, /--hold needs the past state/],
    [['--shard', 'shard-1', '--accept-exposure'], 2, /--accept-exposure goes with --hold/],
    [['--shard', 'shard-1', '--at', 'seq:1', '--dry-run', '--accept-exposure'], 2, /goes with --hold/],
    [['--shard', 'shard-1', '--at', 'seq:1'], 2, /--at needs --dry-run .* or --hold/],
    [['--shard', 'shard-1', '--at', 'seq:1', '--dry-run', '--hold'], 2, /choose one/],
    [['--shard', 'shard-1', '--resume', '--at', 'seq:1'], 2, /--resume goes with neither/],
    [['--shard', 'shard-1', '--resume', '--hold'], 2, /--resume goes with neither/],
    [['--shard', 'shard-1', '--at', 'now', '--dry-run'], 2, /--at now is no past state/],
    [['--shard', 'shard-1', '--at', 'seq:9999', '--dry-run'], 2, /seq:9999 is beyond the ledger/],
  ])('says why rebuild %j ends with %d', async (argv, code, words) => {
    using place = new Workplace();
    await apply(place, town);
    const before = await place.checkpoint();
    const answer = await place.run('rebuild', ...argv);
    expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(words)]);
    expect(await place.checkpoint()).toEqual(before);
  });
});
