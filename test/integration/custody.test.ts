import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { program } from '../support/program.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;

const more = '{ kind: Tenant, tenant: late, segments: [one] }';

function folderWith(place: Workplace, name: string, yaml: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

/** A ledger in use, and the file that a backup of it is. */
async function backedUp(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', town));
  await place.succeed('sync');
  const file = join(place.folder, 'backup.db');
  await place.succeed('ledger', 'backup', file);
  return file;
}

function idIn(file: string): unknown {
  using raw = new DatabaseSync(file, { readOnly: true });
  return raw.prepare('SELECT id FROM ledger').get()?.['id'];
}

function entriesIn(file: string): unknown {
  using raw = new DatabaseSync(file, { readOnly: true });
  return raw.prepare('SELECT count(*) AS entries FROM entry').get()?.['entries'];
}

/** A command of each kind that makes no ledger. */
function questions(place: Workplace): string[][] {
  return [
    ...[['status'], ['verify'], ['log'], ['tail'], ['checkpoint'], ['connections'], ['blame', 'acme']],
    ...[['explain', 'globex', 'acme', 'tcp/443'], ['sync'], ['quarantine', 'acme'], ['diff', 'seq:1', 'now']],
    ...[
      ['rebuild', '--shard', 'shard-1'],
      ['ledger', 'backup', join(place.folder, 'another.db')],
    ],
  ];
}

function loseLedger(place: Workplace): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${ending}`, { force: true });
}

describe('ledger backup and restore', () => {
  it('brings a lost ledger back as it was, and everything goes on', async () => {
    using place = new Workplace();
    const file = await backedUp(place);
    const before = await place.checkpoint();
    loseLedger(place);
    expect(await place.succeed('ledger', 'restore', file)).toBe(
      `restored  ${file}\nledger    ${String(idIn(file))}\nsize      ${String(before.size)}\nroot      ${before.root}\n`,
    );
    expect(await place.checkpoint()).toEqual(before);
    await place.succeed('apply', folderWith(place, 'more', more));
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it.each([['state'], ['overlay']])(
    'of a ledger that is gone, with its %s left, begins no new one and says what is missing',
    async (part) => {
      using place = new Workplace();
      await backedUp(place);
      loseLedger(place);
      for (const other of ['state', 'overlay', 'locks'])
        if (other !== part) rmSync(join(`${place.ledgerPath}.d`, other), { recursive: true });
      for (const command of ['apply', 'plan']) {
        for (const prune of [[], ['--prune', 'acme'], ['--prune', 'all']]) {
          const { code, err } = await place.run(command, join(place.folder, 'town'), ...prune);
          expect([command, prune, code]).toEqual([command, prune, 6]);
          expect(err).toContain(
            `the ledger ${place.ledgerPath} is gone, but ${place.ledgerPath}.d holds what`,
          );
        }
      }
      for (const argv of questions(place)) {
        const { code, err } = await place.run(...argv);
        expect([argv, code]).toEqual([argv, 6]);
        expect(err).toContain(`the ledger ${place.ledgerPath} is gone, but ${place.ledgerPath}.d holds what`);
        expect(err).not.toMatch(/Leave the file|doctor says what else/);
      }
      expect((await place.run('doctor')).code).toBe(6);
      expect(existsSync(place.ledgerPath)).toBe(false);
    },
  );

  it.each(['-wal', '-journal'])(
    'of a ledger that is gone, with a %s left, begins no new one',
    async (ending) => {
      using place = new Workplace();
      const left = `${place.ledgerPath}${ending}`;
      writeFileSync(left, 'the last entries');
      const { code, err } = await place.run('apply', folderWith(place, 'town', town));
      expect([code, err]).toEqual([6, expect.stringContaining(`is gone, but ${left} holds what`)]);
      expect([existsSync(place.ledgerPath), readFileSync(left, 'utf8')]).toEqual([false, 'the last entries']);
    },
  );

  it('beside the log of a lost file of its name, gives a backup that can be restored, and sets the log aside', async () => {
    using place = new Workplace();
    await backedUp(place);
    const file = join(place.folder, 'nightly.db');
    writeFileSync(`${file}-wal`, 'the last entries');
    const { code, err } = await place.run('ledger', 'backup', file);
    expect([code, err]).toEqual([0, expect.stringContaining(`was set aside: ${file}-wal.set-aside-`)]);
    using elsewhere = new Workplace();
    await elsewhere.succeed('ledger', 'restore', file);
    expect(await elsewhere.checkpoint()).toEqual(await place.checkpoint());
  });

  it('answers in JSON', async () => {
    using place = new Workplace();
    await backedUp(place);
    const { size, root } = await place.checkpoint();
    const file = join(place.folder, 'second.db');
    const answer: unknown = JSON.parse(await place.succeed('ledger', 'backup', file, '--json'));
    const head = { formatVersion: 1, file, ledger: idIn(file), size, root, setAside: [] };
    expect(answer).toEqual(head);
    loseLedger(place);
    const restored: unknown = JSON.parse(await place.succeed('ledger', 'restore', file, '--json'));
    expect(restored).toEqual(head);
  });

  it('refuses a backup that holds less than was seen, until what was kept is moved away on purpose', async () => {
    using place = new Workplace();
    const file = await backedUp(place);
    await place.succeed('apply', folderWith(place, 'more', more));
    loseLedger(place);
    writeFileSync(`${place.ledgerPath}-wal`, 'left behind');
    const { code, out, err } = await place.run('ledger', 'restore', file);
    expect([code, out]).toEqual([6, '']);
    expect(err).toMatch(
      /backup\.db was not restored: the ledger's history was cut[^]*Restore a later backup\. Only if/,
    );
    expect(existsSync(place.ledgerPath)).toBe(false);
    expect(readFileSync(`${place.ledgerPath}-wal`, 'utf8')).toBe('left behind');

    renameSync(`${place.ledgerPath}.d`, join(place.folder, 'given-up'));
    const restored = await place.run('ledger', 'restore', file);
    expect([restored.code, restored.err]).toEqual([
      0,
      expect.stringMatching(/log of a lost ledger was set aside/),
    ]);
    expect((await place.run('sync')).code).toBe(5);
    await place.succeed('rebuild', '--shard', 'shard-1');
    await place.succeed('sync');
    expect((await place.verify()).verdict).toBe('proven');
  });

  it('refuses the backup of another ledger', async () => {
    using place = new Workplace();
    using other = new Workplace();
    await backedUp(place);
    const file = await backedUp(other);
    loseLedger(place);
    const { code, err } = await place.run('ledger', 'restore', file);
    expect([code, err]).toEqual([6, expect.stringMatching(/was not restored: .* belongs to ledger/)]);
    expect(existsSync(place.ledgerPath)).toBe(false);
  });

  it('refuses a tampered backup, also where nothing was kept', async () => {
    using place = new Workplace();
    const file = await backedUp(place);
    const bytes = readFileSync(file);
    bytes.write('"tenant":"globez"', bytes.indexOf('"tenant":"globex"'));
    writeFileSync(file, bytes);
    using elsewhere = new Workplace();
    const { code, err } = await elsewhere.run('ledger', 'restore', file);
    expect([code, err]).toEqual([6, expect.stringMatching(/was not restored: /)]);
    expect(readdirSync(elsewhere.folder)).toEqual([]);
  });

  it.each<[string[], number, RegExp]>([
    [['backup'], 2, /missing required argument 'file'/],
    [['backup', 'none/backup.db'], 2, /there is no folder .*none: make it/],
    [['backup', 'package.json'], 2, /package\.json is there already, and is not replaced/],
    [['backup', '/proc/backup.db'], 5, /cannot be copied to \/proc\/backup\.db/],
    [['restore', 'none.db'], 2, /there is no file none\.db/],
    [['restore', 'package.json'], 2, /ledger\.db is there already, and is not replaced/],
    [
      ['restore', 'package.json', '--ledger', 'sqlite:/proc/none/ledger.db'],
      5,
      /package\.json is not a ledger/,
    ],
    [
      ['restore', 'package.json', '--ledger', 'esdb://localhost'],
      2,
      /isoledger ledger copy sqlite:package.json/,
    ],
    [['copy', 'esdb://localhost'], 2, /missing required argument 'to'/],
    [['restor', 'x'], 2, /unknown command 'restor'[^]*Did you mean restore/],
  ])('says why %j ends with %d', async (argv, code, words) => {
    using place = new Workplace();
    await backedUp(place);
    const answer = await place.run('ledger', ...argv);
    expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(words)]);
    expect(answer.err).not.toMatch(/ {4}at |node:internal/);
  });

  it('given no ledger yet, backs nothing up', async () => {
    using place = new Workplace();
    const { code, err } = await place.run('ledger', 'backup', join(place.folder, 'backup.db'));
    expect([code, err]).toEqual([5, expect.stringMatching(/there is no ledger at/)]);
    expect(readdirSync(place.folder)).toEqual([]);
  });
});

describe('ledger copy', () => {
  it.each([['no file'], ['an empty file']])(
    'to the place of a lost ledger, with its log and %s, sets the log aside and says so',
    async (what) => {
      using place = new Workplace();
      await backedUp(place);
      const lost = join(place.folder, 'lost.db');
      if (what === 'an empty file') writeFileSync(lost, '');
      writeFileSync(`${lost}-wal`, 'acknowledged entries');
      const { code, err } = await place.run('ledger', 'copy', place.ledgerUrl, `sqlite:${lost}`);
      expect([code, err]).toEqual([0, expect.stringContaining(`was set aside: ${lost}-wal.set-aside-`)]);
      const [aside] = readdirSync(place.folder).filter((name) => name.includes('.set-aside-'));
      expect(readFileSync(join(place.folder, aside ?? ''), 'utf8')).toBe('acknowledged entries');
      expect(await place.succeed('--ledger', `sqlite:${lost}`, 'checkpoint')).toBe(
        await place.succeed('checkpoint'),
      );
    },
  );

  it('of less than was seen at its place is refused, until what was kept is moved away on purpose', async () => {
    using place = new Workplace();
    const file = await backedUp(place);
    await place.succeed('apply', folderWith(place, 'more', more));
    loseLedger(place);
    writeFileSync(`${place.ledgerPath}-wal`, 'left behind');
    const copy = ['ledger', 'copy', `sqlite:${file}`, place.ledgerUrl];
    const { code, out, err } = await place.run(...copy);
    expect([code, out]).toEqual([6, '']);
    expect(err).toContain(`sqlite:${file} was not copied: the ledger's history was cut`);
    expect(err).toContain(`What was seen there is kept in ${place.ledgerPath}.d, and is more`);
    expect(existsSync(place.ledgerPath)).toBe(false);
    expect(readFileSync(`${place.ledgerPath}-wal`, 'utf8')).toBe('left behind');

    renameSync(`${place.ledgerPath}.d`, join(place.folder, 'given-up'));
    await place.succeed(...copy);
    await place.succeed('rebuild', '--shard', 'shard-1');
    await place.succeed('sync');
  });

  it.each([[[]], [['--full']]])(
    'from a ledger that lacks what was seen of it is refused: %j',
    async (options) => {
      using place = new Workplace();
      const file = await backedUp(place);
      await place.succeed('apply', folderWith(place, 'more', more));
      copyFileSync(file, place.ledgerPath);
      const copy = join(place.folder, 'copy.db');
      const refused = await place.run('ledger', 'copy', ...options, place.ledgerUrl, `sqlite:${copy}`);
      expect([refused.code, refused.err]).toEqual([
        6,
        expect.stringMatching(/was not copied: the ledger's history was cut/),
      ]);
      expect(refused.err).toContain(`What was seen there is kept in ${place.ledgerPath}.d, and is more`);
      expect(existsSync(copy)).toBe(false);
      const state = `${place.ledgerPath}.d/state`;
      rmSync(join(state, 'estate.json'), { force: true });
      writeFileSync(join(state, 'seen.json'), 'no note');
      const { code, err } = await place.run('ledger', 'copy', ...options, place.ledgerUrl, `sqlite:${copy}`);
      expect([code, err]).toEqual([0, expect.stringMatching(/seen\.json .* was not compared/)]);
    },
  );

  it('over an earlier copy that was put back, of less than was seen there, is refused; a later one is not', async () => {
    using place = new Workplace();
    const early = await backedUp(place);
    await place.succeed('apply', folderWith(place, 'more', more));
    const late = join(place.folder, 'late.db');
    await place.succeed('ledger', 'backup', late);
    await place.succeed('quarantine', 'acme');
    const latest = join(place.folder, 'latest.db');
    await place.succeed('ledger', 'backup', latest);
    loseLedger(place);
    copyFileSync(early, place.ledgerPath);
    const refused = await place.run('ledger', 'copy', `sqlite:${late}`, place.ledgerUrl);
    expect([refused.code, refused.err]).toEqual([6, expect.stringContaining('was not copied: ')]);
    expect(entriesIn(place.ledgerPath)).toBe(entriesIn(early));
    await place.succeed('ledger', 'copy', `sqlite:${latest}`, place.ledgerUrl);
    expect(await place.run('status')).toMatchObject({ code: 0 });
    const ahead = await place.run('ledger', 'copy', `sqlite:${late}`, place.ledgerUrl);
    expect([ahead.code, ahead.err]).toEqual([2, expect.stringContaining('so it was written to since')]);
  });

  it('to a place where another ledger was, is refused', async () => {
    using place = new Workplace();
    using other = new Workplace();
    await backedUp(place);
    await backedUp(other);
    loseLedger(place);
    const { code, err } = await place.run('ledger', 'copy', other.ledgerUrl, place.ledgerUrl);
    expect([code, err]).toEqual([6, expect.stringMatching(/was not copied: .* belongs to ledger/)]);
    expect(existsSync(place.ledgerPath)).toBe(false);
  });
});

/** What earlier commands saw is kept, and cannot be read: so it is for an auditor's account without rights in that folder. */
describe('given kept state that cannot be read', () => {
  const spoilings: [string, (state: string) => void][] = [
    [
      'a folder that leads nowhere',
      (state) => {
        rmSync(state, { recursive: true });
        symlinkSync('state', state);
      },
    ],
    [
      'a half-written file',
      (state) => {
        const file = join(state, 'seen.json');
        writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
      },
    ],
  ];
  it.each(spoilings)('as %s, every answer says that nothing was compared', async (_, spoil) => {
    using place = new Workplace();
    await backedUp(place);
    spoil(join(`${place.ledgerPath}.d`, 'state'));
    const told = /whether the ledger still holds what earlier commands saw was not compared/;
    for (const argv of [['checkpoint'], ['verify', '--lane', 'intended'], ['log'], ['tail'], ['doctor']]) {
      const { code, out, err } = await place.run(...argv);
      expect([argv, code === 0 || argv[0] === 'doctor', argv[0] === 'doctor' ? out : err]).toEqual([
        argv,
        true,
        expect.stringMatching(told),
      ]);
    }
    const { out } = await place.run('checkpoint', '--json');
    expect(z.object({ notCompared: z.string() }).parse(JSON.parse(out)).notCompared).toMatch(told);
  });

  it.each<[string, (seen: string) => void]>([
    [
      'is half-written',
      (seen) => {
        writeFileSync(seen, '{');
      },
    ],
    [
      'is gone',
      (seen) => {
        rmSync(seen);
      },
    ],
    [
      'is of another version',
      (seen) => {
        writeFileSync(seen, '{"formatVersion":9}');
      },
    ],
  ])('where only the note of what was seen %s, says so, and what was not compared', async (how, spoil) => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const backup = join(place.folder, 'backup.db');
    await place.succeed('sync');
    await place.succeed('ledger', 'backup', backup);
    await place.succeed('quarantine', 'globex');
    rmSync(place.ledgerPath);
    rmSync(`${place.ledgerPath}-wal`, { force: true });
    rmSync(`${place.ledgerPath}-shm`, { force: true });
    copyFileSync(backup, place.ledgerPath);
    spoil(join(`${place.ledgerPath}.d`, 'state', 'seen.json'));
    const said = how === 'is gone' ? how : 'is half-written, or of another version';
    const told = new RegExp(
      `seen\\.json ${said}: what earlier commands saw of the ledger after its first \\d+ entries was not compared`,
    );
    // Whoever only asks does not note the older ledger as the one that was seen.
    for (const argv of [['verify', '--lane', 'intended'], ['status'], ['status'], ['doctor']]) {
      const { out, err } = await place.run(...argv);
      expect([argv, argv[0] === 'doctor' ? out : err]).toEqual([argv, expect.stringMatching(told)]);
    }
  });

  it.each([
    ['that is there', true],
    ['that is not there', false],
  ])('for lack of open files, names that as the cause, and no file %s', async (_, isThere) => {
    using place = new Workplace();
    await backedUp(place);
    if (!isThere) rmSync(join(`${place.ledgerPath}.d`, 'state'), { recursive: true });
    // Which of the files is the first too many depends on the machine.
    for (let most = 20; most < 30; most += 1) {
      const script = `ulimit -n ${String(most)}; exec "$@"`;
      const command = [process.execPath, program, '--ledger', place.ledgerUrl, 'log'];
      const { stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], { encoding: 'utf8' });
      expect(stderr).not.toMatch(/cannot be read:/);
      if (stderr.includes('not compared'))
        expect([isThere, stderr]).toEqual([true, expect.stringMatching(/too many files are open/)]);
      if (!isThere) rmSync(join(`${place.ledgerPath}.d`, 'state'), { recursive: true, force: true });
    }
  });

  it('given a folder in place of the state, records nothing of what cannot be kept, and says what to move', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const state = join(`${place.ledgerPath}.d`, 'state', 'estate.json');
    rmSync(state);
    mkdirSync(join(state, 'of-somebody'), { recursive: true });
    const before = await place.checkpoint();
    for (let time = 0; time < 2; time += 1) {
      const { code, err } = await place.run('apply', examples);
      expect([code, err]).toEqual([0, expect.stringContaining(`${state} is a folder, and no kept state`)]);
      expect(err).toMatch(/is not kept for the next command: .* find out who made it, and move it away\n/);
      expect(err).not.toContain('{');
    }
    expect(await place.checkpoint()).toEqual(before);
    const { out } = await place.run('doctor');
    expect(out).toMatch(
      /warn +kept state .*estate\.json is a folder.*\n? *.*find out who put it there, and move/,
    );
    expect(out).not.toContain('rebuilds it');
  });

  it.each([['estate'], ['documents'], ['seen']])('given a pipe in place of %s, tells of it', async (name) => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const state = join(`${place.ledgerPath}.d`, 'state');
    const file = join(state, readdirSync(state).find((found) => found.startsWith(name)) ?? '');
    rmSync(file);
    spawnSync('mkfifo', [file]);
    const doctor = await place.run('doctor');
    expect(doctor.out).toMatch(new RegExp(`warn +kept state .*${file}`));
    const { code, err } = await place.run('apply', examples);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(new RegExp(`${file}[ :].*(pipe|somebody edited it)`)),
    ]);
  });

  it.each([['estate'], ['documents'], ['seen'], ['time']])(
    'given a link in place of %s, tells of it, and writes through it nothing',
    async (name) => {
      using place = new Workplace();
      await place.succeed('apply', examples);
      const state = join(`${place.ledgerPath}.d`, 'state');
      const file = join(state, readdirSync(state).find((found) => found.startsWith(name)) ?? 'time.json');
      const elsewhere = join(place.folder, 'elsewhere');
      if (existsSync(file)) renameSync(file, elsewhere);
      else writeFileSync(elsewhere, JSON.stringify('2026-01-01T00:00:00.000Z'));
      const text = readFileSync(elsewhere, 'utf8');
      symlinkSync(elsewhere, file);
      expect((await place.run('doctor')).out.replace(/\n +/g, ' ')).toMatch(
        new RegExp(`warn +kept state .*${file}`),
      );
      if (name === 'estate')
        expect((await place.run('verify')).err).toContain(`${file} is a link, and no kept`);
      const { code, err } = await place.run('apply', examples);
      expect(code).toBe(0);
      if (name !== 'time') expect(err).toMatch(new RegExp(`${file}[ :].*(link|somebody edited it)`));
      expect(readFileSync(elsewhere, 'utf8')).toBe(text);
    },
  );

  it('says nothing of it where nothing was kept, and where it was compared', async () => {
    using place = new Workplace();
    await backedUp(place);
    expect((await place.run('log')).err).toBe('');
    rmSync(`${place.ledgerPath}.d`, { recursive: true });
    expect((await place.run('log')).err).toBe('');
    expect((await place.run('doctor')).out).toMatch(/nothing was kept yet/);
  });
});
