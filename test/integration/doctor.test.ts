import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { localRoles } from '../../src/roles/local/roles.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { placed, tester } from '../doubles/facts.ts';
import { crowd, town } from '../support/documents.ts';
import { examine } from '../../src/compose/workspace.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { diagnose as checksOf } from '../../src/tasks/doctor/diagnose.ts';
import { Workplace } from '../support/command-line.ts';
import { program } from '../support/program.ts';
import { editLedger, editLines, editObjects, hostFileOf } from '../support/host-file.ts';

const answer = z.strictObject({
  formatVersion: z.literal(1),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      status: z.enum(['ok', 'warn', 'fail']),
      detail: z.string().min(1),
      advice: z.string().min(1).optional(),
    }),
  ),
});

type Checks = z.infer<typeof answer>['checks'];

async function diagnose(place: Workplace, ...argv: string[]): Promise<{ code: number; checks: Checks }> {
  const { code, out } = await place.run('doctor', '--json', ...argv);
  const { checks } = answer.parse(JSON.parse(out));
  for (const { status, advice } of checks) expect(advice === undefined).toBe(status === 'ok');
  return { code, checks };
}

/** What is not as it should be: `fail host hv-1: holds nothing...`. */
function complaints(checks: Checks): string[] {
  return checks
    .filter(({ status }) => status !== 'ok')
    .map(({ status, name, detail }) => `${status} ${name}: ${detail}`);
}

async function synced(place: Workplace, yaml = town): Promise<void> {
  const folder = join(place.folder, 'town');
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  await place.succeed('apply', folder);
  await place.succeed('sync');
}

/** Every file under a folder with a digest of its bytes and the time of its last change. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { mtimeMs } = statSync(path);
      return statSync(path).isDirectory()
        ? `${name} ${String(mtimeMs)}`
        : `${name} ${String(mtimeMs)} ${hash('sha256', readFileSync(path))}`;
    });
}

const hostFile = (place: Workplace, name: string): string => join(`${place.ledgerPath}.d`, 'overlay', name);

describe('doctor', () => {
  it('where there is no ledger yet, says so, and how to make one; and makes none', async () => {
    using place = new Workplace();
    const { code, checks } = await diagnose(place, '--ledger', `sqlite:${place.folder}/a/b/ledger.db`);
    expect([code, complaints(checks)]).toEqual([
      0,
      [expect.stringMatching(/^warn ledger: there is none at .* yet$/)],
    ]);
    expect(checks.find(({ name }) => name === 'ledger')?.advice).toBe('isoledger apply DIR creates it');
    expect(readdirSync(place.folder)).toEqual([]);
  });

  it('finds nothing wrong with an estate in order, and leaves every file as it was', async () => {
    using place = new Workplace();
    await synced(place);
    const before = filesIn(place.folder);
    const { code, checks } = await diagnose(place);
    expect([code, complaints(checks)]).toEqual([0, []]);
    expect(checks.map(({ name }) => name)).toEqual([
      ...['node', 'folders', 'disk', 'ledger', 'tables', 'entries', 'columns', 'kept state', 'clock'],
      ...['shard shard-1', 'shard shard-2', 'history', 'role applier/shard-1', 'role applier/shard-2'],
    ]);
    const { size, root } = await place.checkpoint();
    expect(checks[5]?.detail).toBe(`${String(size)} entries, root ${root}`);
    expect(filesIn(place.folder)).toEqual(before);
  });

  it('finds that what the verifier kept was edited, of which no answer makes use', async () => {
    using place = new Workplace();
    await synced(place);
    const lanes = ['applied', 'intended'] as const;
    const asked = (lane: string): string[] => ['verify', '--from', 'seq:1', '--to', 'now', '--lane', lane];
    for (const lane of lanes) expect((await place.run(...asked(lane))).code).toBe(0);
    const sound = await diagnose(place);
    expect([sound.code, complaints(sound.checks)]).toEqual([0, []]);
    expect(sound.checks.find(({ name }) => name === 'history')?.detail).toMatch(
      /^kept of answers: intended \(up to \d+ entries\), applied \(up to \d+ entries\)$/,
    );
    const path = join(`${place.ledgerPath}.d`, 'state/history/applied.sqlite');
    const database = new DatabaseSync(path);
    database.exec("UPDATE item SET body = replace(body, 'tcp', 'udp')");
    database.close();
    const edited = await diagnose(place);
    expect(edited.code).toBe(0);
    expect(complaints(edited.checks)).toEqual([
      expect.stringMatching(
        /^warn history: in .*, that of applied is not what was written \(item \d+ of a list/,
      ),
    ]);
    expect((await place.run(...asked('applied'))).code).toBe(0);
    expect(complaints((await diagnose(place)).checks)).toEqual([]);
  });

  it('says it to people in aligned lines', async () => {
    using place = new Workplace();
    await synced(place);
    rmSync(hostFile(place, 'shard-1/hv-2.jsonl'));
    const { code, out } = await place.run('doctor');
    expect(code).toBe(1);
    expect(out).toMatch(/^ok {4}node {18}version /);
    expect(out).toMatch(/^FAIL {2}host hv-2 {13}holds nothing, .* -> isoledger sync drives it there$/m);
    expect(out).toMatch(/\n15 checks: 1 failure, 0 warnings\n$/);
  });

  it('reads what others are writing at the time', async () => {
    using place = new Workplace();
    await synced(place);
    const writer = openSqliteLedger({
      path: place.ledgerPath,
      create: false,
      clock: systemClock,
      ids: randomIds,
    });
    await writer.append({ events: [placed('acme', 'shard-1')], actor: tester });
    const { size } = await writer.head();
    const { code, checks } = await diagnose(place);
    expect(code).toBe(0);
    expect(checks.find(({ name }) => name === 'entries')?.detail).toMatch(
      new RegExp(`^${String(size)} entries`),
    );
    await writer.close();
  });

  it('names what stands where hosts are kept and is that of none, and no host that was emptied', async () => {
    using place = new Workplace();
    await synced(place);
    const overlay = join(`${place.ledgerPath}.d`, 'overlay');
    const fileOf = (host: string): string => hostFile(place, `shard-1/${host}.jsonl`);
    for (const host of ['hv-6', 'hv-7', 'hv-8', 'hv-9']) {
      copyFileSync(fileOf('hv-1'), fileOf(host));
      if (host !== 'hv-9')
        editLines(fileOf(host), ([head = '', ...lines]) => [head.replace('"hv-1"', `"${host}"`), ...lines]);
    }
    editLedger(fileOf('hv-7'), 'other');
    editObjects(fileOf('hv-6'), () => []);
    writeFileSync(`${fileOf('hv-1')}.new`, 'left by a writer');
    writeFileSync(join(overlay, 'shard-1', 'hv-1.json'), '{}');
    writeFileSync(join(overlay, 'note'), '');
    mkdirSync(join(overlay, 'shard-7'));
    writeFileSync(join(overlay, 'shard-7', 'note'), '');
    const { code, checks } = await diagnose(place);
    expect(code).toBe(1);
    expect(complaints(checks)).toEqual([
      expect.stringMatching(
        /^fail stray: \S+note is that of no host, and holds a file, and no folder of a shard/,
      ),
      expect.stringMatching(/^fail stray: \S+hv-1\.json is that of no host, and holds no file of a host/),
      expect.stringMatching(
        /^fail stray: \S+hv-7\.jsonl is that of no host, and holds .*belongs to ledger other/,
      ),
      expect.stringMatching(/^fail stray: \S+hv-8\.jsonl is that of no host, and holds \d+ objects/),
      expect.stringMatching(
        /^fail stray: \S+hv-9\.jsonl is that of no host, and holds the file of host hv-1/,
      ),
      expect.stringMatching(/^fail stray: \S+shard-7\/note is that of no host, and holds no file of a host/),
    ]);
  });

  it('does not stop at the first thing that is wrong; the exit code is that of the gravest', async () => {
    using place = new Workplace();
    await synced(place, `${town}\n---\n${crowd}`);
    rmSync(hostFile(place, 'shard-1/hv-1.jsonl'));
    truncateSync(hostFile(place, 'shard-2/hv-3.jsonl'), 40);
    editLedger(hostFile(place, 'shard-2/hv-4.jsonl'), 'other');
    truncateSync(join(`${place.ledgerPath}.d`, 'state', 'estate.json'), 100);
    const { code, checks } = await diagnose(place);
    expect([code, complaints(checks)]).toEqual([
      6,
      [
        expect.stringMatching(/^warn kept state: .* is half-written, or of another version/),
        expect.stringMatching(/^fail host hv-1: holds nothing, and acknowledged plan 1/),
        expect.stringMatching(/^fail host hv-3: holds a first line that is no whole JSON text/),
        expect.stringMatching(/^fail host hv-4: .* belongs to ledger other/),
      ],
    ]);
    rmSync(hostFile(place, 'shard-2/hv-4.jsonl'));
    expect((await diagnose(place)).code).toBe(1);
  });

  it.each<[string, (place: Workplace) => void, RegExp[]]>([
    [
      'a letter of an entry',
      ({ ledgerPath }) => {
        const bytes = readFileSync(ledgerPath);
        bytes.write('"tenant":"globez"', bytes.indexOf('"tenant":"globex"'));
        writeFileSync(ledgerPath, bytes);
      },
      [
        /^fail entries: /,
        /^fail columns: .* entry \d+ is not the one that was appended there/,
        /^fail kept state: the ledger's history is not the one/,
        /^warn overlay: not looked at/,
      ],
    ],
    [
      'a trigger',
      ({ ledgerPath }) => {
        using raw = new DatabaseSync(ledgerPath);
        raw.exec('DROP TRIGGER entry_no_delete');
      },
      [/^fail tables: .* triggers that guard them/],
    ],
    [
      'a column that look-ups use',
      ({ ledgerPath }) => {
        using raw = new DatabaseSync(ledgerPath);
        raw.exec('DROP TRIGGER entry_no_update');
        raw.exec("UPDATE entry SET subject = 'tenant/nobody' WHERE seq = 3");
      },
      [/^fail tables/, /^fail columns: .* entry 3 is filed under a subject/],
    ],
    [
      'a whole table',
      ({ ledgerPath }) => {
        using raw = new DatabaseSync(ledgerPath);
        raw.exec('DROP TABLE idempotency_key');
      },
      [/^fail ledger: .* its tables are not those of a ledger/],
    ],
    [
      'the whole file',
      ({ ledgerPath }) => {
        rmSync(ledgerPath);
      },
      [/^fail ledger: there is none at .*, but .*seen\.json, \S+overlay were left of one/],
    ],
  ])(
    'given a ledger in which somebody changed or removed %s, says so with code 6',
    async (_what, change, words) => {
      using place = new Workplace();
      await synced(place);
      change(place);
      const { code, checks } = await diagnose(place);
      expect([code, complaints(checks)]).toEqual([
        6,
        words.map((regexp): unknown => expect.stringMatching(regexp)),
      ]);
    },
  );

  it.each<[string, (place: Workplace) => void, number, RegExp]>([
    [
      'a log without its ledger',
      ({ ledgerPath }) => {
        writeFileSync(`${ledgerPath}-wal`, 'x');
      },
      6,
      /fail ledger: .*ledger\.db-wal was left/,
    ],
    [
      'a file that is something else',
      ({ ledgerPath }) => {
        writeFileSync(ledgerPath, 'something else '.repeat(99));
      },
      5,
      /fail ledger: .* is not a ledger/,
    ],
    [
      'an empty file',
      ({ ledgerPath }) => {
        writeFileSync(ledgerPath, '');
      },
      5,
      /fail ledger: .* it holds nothing/,
    ],
    [
      'a folder',
      ({ ledgerPath }) => {
        mkdirSync(ledgerPath);
      },
      5,
      /fail ledger: .* is a folder: name the file/,
    ],
  ])('given %s in its place, says so', async (_what, put, expected, words) => {
    using place = new Workplace();
    put(place);
    const before = filesIn(place.folder);
    const { code, checks } = await diagnose(place);
    expect([code, complaints(checks)]).toEqual([expected, [expect.stringMatching(words)]]);
    expect(filesIn(place.folder)).toEqual(before);
  });

  it('given a folder of the overlay that cannot be read, says so, and does all other checks', async () => {
    using place = new Workplace();
    await synced(place);
    const folder = join(`${place.ledgerPath}.d`, 'overlay');
    rmSync(folder, { recursive: true });
    symlinkSync('overlay', folder);
    const { code, checks } = await diagnose(place);
    expect(code).toBe(6);
    expect(complaints(checks)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^fail folders: \S+overlay is a link, and nothing is written through it/),
        expect.stringMatching(/^fail strays: \S+overlay cannot be read: see whether it is a folder/),
      ]),
    );
    expect(checks.map(({ name }) => name)).toContain('role applier/shard-1');
  });

  it.each<[string, string, RegExp]>([
    ['a folder', 'mkdir', /a folder at .*, where the file of a host/],
    ['a pipe', 'mkfifo', /a pipe at .*, where the file of a host/],
  ])(
    'given %s in the place of a host, says so once, and sync says it too until it is taken away',
    async (_what, make, words) => {
      using place = new Workplace();
      await synced(place);
      const file = hostFileOf(place.ledgerPath, { shard: 'shard-1', host: 'hv-1' });
      rmSync(file);
      spawnSync(make, [file]);
      const { code, checks } = await diagnose(place);
      const failed = checks.filter(({ status }) => status === 'fail');
      expect([code, failed]).toMatchObject([1, [{ name: 'host hv-1' }]]);
      expect(failed[0]?.detail).toMatch(words);
      expect(failed[0]?.advice).toMatch(/^find out who put it there, and move it away; then isoledger sync/);
      const told = await place.run('sync', '--timeout', '0s');
      expect([told.code, told.err]).toEqual([5, expect.stringMatching(words)]);
      rmSync(file, { recursive: true });
      await place.succeed('sync');
      expect(complaints((await diagnose(place)).checks)).toEqual([]);
    },
  );

  it.each([['state'], ['locks'], ['locks/applier'], ['overlay/shard-1']])(
    'given a link in the place of %s, says what commands will say',
    async (part) => {
      using place = new Workplace();
      await synced(place);
      const path = join(`${place.ledgerPath}.d`, part);
      const elsewhere = join(place.folder, 'elsewhere');
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      const { code, checks } = await diagnose(place);
      expect([code, complaints(checks)[0]]).toEqual([
        6,
        `fail folders: ${path} is a link, and nothing is written through it`,
      ]);
    },
  );

  it('given a state that cannot be kept, a command warns in one line without a stack', async () => {
    using place = new Workplace();
    await synced(place);
    const state = join(`${place.ledgerPath}.d`, 'state');
    renameSync(state, join(place.folder, 'elsewhere'));
    symlinkSync(join(place.folder, 'elsewhere'), state);
    const { stderr, status } = spawnSync(
      process.execPath,
      [program, '--ledger', place.ledgerUrl, 'quarantine', 'acme', '--no-wait'],
      { encoding: 'utf8' },
    );
    const said = stderr.split('\n').filter((line) => line.includes('is not kept for the next command'));
    expect([status, said]).toEqual([
      0,
      [expect.stringMatching(/is a link, and nothing is written through it/)],
    ]);
    expect(stderr).not.toMatch(/^\{|stack|durable-file/m);
  });

  it('given an older copy of the ledger, says that hosts are ahead of it', async () => {
    using place = new Workplace();
    await synced(place);
    const copy = join(place.folder, 'copy.db');
    copyFileSync(place.ledgerPath, copy);
    const folder = join(place.folder, 'more');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'more.yaml'),
      '{ kind: Endpoints, tenant: globex, endpoints: [{ name: app-2, segment: app, ip: 10.2.0.2, mac: "02:00:0a:02:00:02", host: hv-3, interface: vm-app-2 }] }',
    );
    await place.succeed('apply', folder);
    await place.succeed('sync');
    copyFileSync(copy, place.ledgerPath);
    const seen = await diagnose(place);
    expect([seen.code, complaints(seen.checks)[0]]).toEqual([
      6,
      expect.stringMatching(/^fail kept state: .* was cut/),
    ]);
    rmSync(join(`${place.ledgerPath}.d`, 'state'), { recursive: true });
    const { code, checks } = await diagnose(place);
    expect(code).toBe(1);
    expect(complaints(checks)).toEqual([
      expect.stringMatching(/^fail host hv-3: holds plan 2, and the ledger knows none after 1/),
      expect.stringMatching(/^fail host hv-4: holds plan 2/),
    ]);
  });

  it('names who holds a role, and who ended without letting go of one', async () => {
    using place = new Workplace();
    await synced(place);
    const holder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
    const roles = localRoles({ folder: `${place.ledgerPath}.d/locks`, holder: () => holder });
    const held = await roles.hold('applier/shard-1');
    writeFileSync(join(`${place.ledgerPath}.d`, 'locks', 'applier', 'shard-2.json'), JSON.stringify(holder));
    const { code, checks } = await diagnose(place);
    await held.release();
    expect(checks.filter(({ name }) => name.startsWith('role')).map(({ detail }) => detail)).toEqual([
      'held by process 17 on node-1, since 2026-03-01T12:00:00.000Z',
      expect.stringMatching(/^free, but process 17 .* ended in the middle/),
    ]);
    expect([code, complaints(checks)]).toEqual([0, [expect.stringMatching(/^warn role applier\/shard-2/)]]);
  });

  it.each<[role: string, next: RegExp]>([
    ['applier/shard-1', /^isoledger sync finishes what it left undone$/],
    [
      'clock',
      /^nothing is lost: each command that writes records time bounds; isoledger serve takes it again/,
    ],
    ['publisher', /^nothing is lost: what is not delivered yet waits; isoledger serve takes it again/],
    ['forwarder/siem', /^nothing is lost: what is not delivered yet waits; isoledger serve takes it again/],
  ])(
    'says who goes on where the holder of %s was killed, and no more once somebody did',
    async (role, next) => {
      using place = new Workplace();
      await synced(place);
      const holder = { pid: 17, host: 'node-1', since: '2026-03-01T12:00:00.000Z' };
      const roles = localRoles({ folder: `${place.ledgerPath}.d/locks`, holder: () => holder });
      await (await roles.hold(role)).release();
      writeFileSync(join(`${place.ledgerPath}.d`, 'locks', `${role}.json`), JSON.stringify(holder));
      const ofRole = async (): Promise<unknown> =>
        (await diagnose(place)).checks.find(({ name }) => name === `role ${role}`);
      expect(await ofRole()).toMatchObject({ status: 'warn' });
      expect(await ofRole()).toHaveProperty('advice', expect.stringMatching(next));
      if (role === 'applier/shard-1') await place.succeed('sync');
      else await (await roles.hold(role)).release();
      expect(await ofRole()).toMatchObject({ status: 'ok', detail: 'free' });
    },
  );

  it('given a clock behind the last entry, warns', async () => {
    using place = new Workplace();
    await synced(place);
    const ahead = new ManualClock(new Date(Date.now() + 3_600_000).toISOString());
    const ledger = openSqliteLedger({ path: place.ledgerPath, create: false, clock: ahead, ids: randomIds });
    await ledger.append({ events: [placed('acme', 'shard-1')], actor: tester });
    await ledger.close();
    const { code, checks } = await diagnose(place);
    expect([code, complaints(checks)]).toEqual([
      0,
      [
        expect.stringMatching(
          /^warn clock: the last entry is of .*, \d\d minutes ahead of this machine's clock/,
        ),
      ],
    ]);
  });

  it('given a clock that cannot be right, says so also where there is no ledger yet', async () => {
    using place = new Workplace();
    const clock = {
      ...systemClock,
      now: () => {
        throw new Error('the clock says 1963');
      },
    };
    const checks = await checksOf(async () => ({ ...(await examine(place.ledgerUrl)), clock }), {
      onEntry: () => undefined,
    });
    expect(checks).toContainEqual(expect.objectContaining({ name: 'clock', status: 'fail' }));
  });

  it('given two links where files should be, names both as links', async () => {
    using place = new Workplace();
    await synced(place);
    const links = ['one', 'two'].map((name) => join(`${place.ledgerPath}.d`, 'locks', 'applier', name));
    for (const link of links) symlinkSync(place.folder, link);
    const { checks } = await diagnose(place);
    expect(complaints(checks)).toContain(
      `fail folders: ${links.join(', ')} are links, and nothing is written through them`,
    );
  });

  it.each<[string, string, (at: string) => void]>(
    ['-wal', '-shm', '-journal'].flatMap((ending) => [
      [
        ending,
        'a folder',
        (at) => {
          mkdirSync(at);
        },
      ],
      [ending, 'a pipe', (at) => spawnSync('mkfifo', [at])],
      [
        ending,
        'a link',
        (at) => {
          symlinkSync('nowhere', at);
        },
      ],
    ]),
  )('given %s that is %s, says what sync says, and asks for no backup', async (ending, kind, put) => {
    using place = new Workplace();
    await synced(place);
    const at = `${place.ledgerPath}${ending}`;
    rmSync(at, { force: true });
    put(at);
    const words = `${at} is ${kind}, and SQLite needs a file of that name beside ${place.ledgerPath}: see who made it, and move it away`;
    const sync = await place.run('sync');
    expect([sync.code, sync.err]).toEqual([5, expect.stringContaining(words)]);
    const { code, checks } = await diagnose(place);
    expect(code).toBe(5);
    expect(complaints(checks)).toContain(`fail folders: ${words}`);
    expect(JSON.stringify(checks)).not.toContain('put a backup there');
  });

  it('given a file where a folder should be, says which, and looks at the rest', async () => {
    using place = new Workplace();
    await synced(place);
    rmSync(join(`${place.ledgerPath}.d`, 'locks'), { recursive: true });
    writeFileSync(join(`${place.ledgerPath}.d`, 'locks'), '');
    const { code, checks } = await diagnose(place);
    expect([code, complaints(checks)]).toEqual([
      5,
      [
        expect.stringMatching(/^fail folders: .*locks is in the way of a folder/),
        expect.stringMatching(/^fail roles: .*locks cannot be read/),
      ],
    ]);
    expect(checks.find(({ name }) => name === 'entries')?.status).toBe('ok');
  });

  it.each([
    ['--ledger', 'http://localhost'],
    ['--config', 'nowhere.yaml'],
  ])('given a wrong %s, still looks at the machine', async (...argv) => {
    using place = new Workplace();
    const { code, checks } = await diagnose(place, ...argv);
    expect([code, checks.map(({ name, status }) => `${status} ${name}`)]).toEqual([
      2,
      ['ok node', 'fail configuration'],
    ]);
  });
});
