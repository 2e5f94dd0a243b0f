import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { describeNeeding, root } from '../support/needs.ts';
import { nobody, OtherUser } from '../support/other-user.ts';
import { program } from '../support/program.ts';

function documentsIn(place: Workplace): string {
  const file = join(place.folder, 'town.yaml');
  writeFileSync(file, town);
  return file;
}

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  await place.succeed('apply', documentsIn(place));
  await place.succeed('sync');
  return place;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the locks of roles', () => {
  it('are for their owner alone: a reader of a file can lock it', async () => {
    using place = await givenEstate();
    const lock = join(`${place.ledgerPath}.d`, 'locks', 'applier', 'shard-1.lock');
    expect(modeOf(lock)).toBe('600');
    chmodSync(lock, 0o644);
    await place.succeed('sync');
    expect(modeOf(lock)).toBe('600');
  });

  it('are told of by doctor where a process that left no name holds one', async () => {
    using place = await givenEstate();
    const lock = join(`${place.ledgerPath}.d`, 'locks', 'applier', 'shard-1.lock');
    using other = new DatabaseSync(lock);
    other.exec('BEGIN IMMEDIATE');
    const doctor = await place.run('doctor');
    expect(doctor.out).toMatch(
      /warn {2}role applier\/shard-1 .*held by a process that left no name.*see which process/,
    );
    // With nothing to do, nobody waits for that process.
    await place.succeed('sync', '--timeout', '1s');
    await place.succeed('quarantine', 'acme', '--no-wait');
    const sync = await place.run('sync', '--timeout', '1s');
    expect(sync.code).toBe(4);
    expect(sync.err).toContain('another process, which left no name');
  });
});

const writing = [['quarantine', 'acme'], ['sync'], ['rebuild', '--shard', 'shard-1']];

describe('a folder for what follows from a ledger that is not its own', () => {
  it('as a link, is refused by what writes, and fails doctor', async () => {
    using place = await givenEstate();
    const derived = `${place.ledgerPath}.d`;
    renameSync(derived, join(place.folder, 'elsewhere'));
    symlinkSync(join(place.folder, 'elsewhere'), derived);
    const before = await place.succeed('checkpoint');
    for (const command of [...writing, ['doctor']]) {
      const { code, out, err } = await place.run(...command);
      expect([command, code]).toEqual([command, 6]);
      expect(out + err).toContain(`${derived} is a link, and nothing is written through it`);
    }
    expect(await place.succeed('checkpoint')).toBe(before);
  });

  it.each(['', 'overlay', 'overlay/shard-1', 'locks', 'locks/applier', 'state'])(
    'as one that every account may write to (%s), is refused',
    async (part) => {
      using place = await givenEstate();
      const folder = join(`${place.ledgerPath}.d`, part);
      chmodSync(folder, 0o777);
      for (const command of [...writing, ['doctor']]) {
        const { code, out, err } = await place.run(...command);
        expect([command, code]).toEqual([command, 5]);
        expect(out + err).toContain(`${folder} can be written by every account`);
      }
      expect((await place.run('verify')).code).toBe(0);
    },
  );

  describeNeeding([root], 'but of another account', () => {
    it('is refused before a ledger is begun, and nothing is written to it by a question', async () => {
      using place = new Workplace();
      const derived = `${place.ledgerPath}.d`;
      mkdirSync(derived, { mode: 0o777 });
      chownSync(derived, nobody, nobody);
      const { code, err } = await place.run('apply', documentsIn(place));
      expect([code, err]).toEqual([
        5,
        expect.stringContaining(`${derived} belongs to another account (number ${String(nobody)})`),
      ]);
      expect(existsSync(place.ledgerPath)).toBe(false);
      renameSync(derived, `${derived}.theirs`);
      await place.succeed('apply', documentsIn(place));
      renameSync(derived, `${derived}.ours`);
      renameSync(`${derived}.theirs`, derived);
      await place.succeed('status');
      expect(readdirSync(derived)).toEqual([]);
      expect((await place.run('doctor')).out).toMatch(/FAIL {2}folders .*belongs to another account/);
    });
  });
});

describeNeeding([root], 'root on the ledger of another account', () => {
  let owner: OtherUser;
  beforeAll(() => {
    owner = new OtherUser();
  });
  afterAll(() => owner[Symbol.asyncDispose]());

  it('writes, and leaves all files to that account, which goes on', async () => {
    using place = new Workplace();
    const documents = documentsIn(place);
    spawnSync('chown', ['-R', String(nobody), place.folder]);
    expect(await owner.run('--ledger', place.ledgerUrl, 'apply', documents)).toMatchObject({
      code: 0,
      err: '',
    });
    await place.succeed('sync');
    await place.succeed('quarantine', 'acme');
    const below = readdirSync(place.folder, { recursive: true, encoding: 'utf8' });
    expect(below).toContain('ledger.db.d/overlay/shard-1/hv-1.jsonl');
    expect(below.filter((path) => statSync(join(place.folder, path)).uid !== nobody)).toEqual([]);
    for (const command of [['release', 'acme'], ['sync'], ['doctor']])
      expect([command, (await owner.run('--ledger', place.ledgerUrl, ...command)).code]).toEqual([
        command,
        0,
      ]);
  });
});

describeNeeding([root], 'a ledger that is for a group', () => {
  const group = 54_321;

  it.each([
    ['its owner, a member of the group by the way', nobody],
    ['root', 0],
  ])('stays so, whoever writes: %s', async (_whose, uid) => {
    using place = await givenEstate();
    spawnSync('chown', ['-R', `${String(nobody)}:${String(group)}`, place.folder]);
    const as = [`--reuid=${String(uid)}`, `--regid=${String(uid)}`, `--groups=${String(group)}`];
    for (const command of [['quarantine', 'acme'], ['sync']]) {
      const argv = [program, '--ledger', place.ledgerUrl, ...command];
      const { status, stderr } = spawnSync('setpriv', [...as, process.execPath, ...argv], {
        encoding: 'utf8',
        env: {},
      });
      expect([command, status, stderr]).toEqual([command, 0, '']);
    }
    const below = readdirSync(place.folder, { recursive: true, encoding: 'utf8' });
    const others = below.filter((path) => statSync(join(place.folder, path)).gid !== group);
    expect(others).toEqual([]);
  });
});
