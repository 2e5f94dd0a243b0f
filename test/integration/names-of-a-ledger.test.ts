import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../support/answer-by.ts';
import { answerTo, Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

/** A ledger that is driven, with two names: its own, and one that a link makes. */
async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
  await place.succeed('sync');
  return place;
}

function by(path: string, ...argv: string[]): Promise<Answer> {
  return answerTo(['--ledger', `sqlite:${path}`, ...argv]);
}

describe('one ledger under two names', () => {
  it.each([
    [
      'a symbolic link beside it',
      (path: string, name: string): void => {
        symlinkSync(path, name);
      },
      'a.db',
    ],
    [
      'a relative link',
      (_: string, name: string): void => {
        symlinkSync('ledger.db', name);
      },
      'a.db',
    ],
    [
      'a link in another folder',
      (path: string, name: string): void => {
        symlinkSync(path, name);
      },
      'elsewhere/a.db',
    ],
    [
      'a hard link that comes before it',
      (path: string, name: string): void => {
        linkSync(path, name);
      },
      'a.db',
    ],
    [
      'a hard link that comes after it',
      (path: string, name: string): void => {
        linkSync(path, name);
      },
      'z.db',
    ],
  ])('by %s, has the same hosts, locks and kept state', async (_, link, name) => {
    using place = await givenEstate();
    mkdirSync(join(place.folder, 'elsewhere'));
    const other = join(place.folder, name);
    link(place.ledgerPath, other);
    expect(await by(other, 'quarantine', 'acme')).toMatchObject({ code: 0, err: '' });
    expect(existsSync(`${other}.d`)).toBe(false);
    expect(existsSync(`${other}-wal`)).toBe(false);
    expect((await place.run('doctor')).out).not.toContain('FAIL');
    expect(await place.verify()).toMatchObject({ verdict: 'proven' });
    expect(JSON.parse((await by(other, 'checkpoint', '--json')).out)).toEqual(await place.checkpoint());
  });

  it('is made where a link leads that leads to nothing yet', async () => {
    using place = new Workplace();
    const other = join(place.folder, 'link.db');
    symlinkSync('ledger.db', other);
    writeFileSync(join(place.folder, 'town.yaml'), town);
    expect(await by(other, 'apply', join(place.folder, 'town.yaml'))).toMatchObject({ code: 0, err: '' });
    expect([existsSync(`${place.ledgerPath}.d`), existsSync(`${other}.d`)]).toEqual([true, false]);
  });

  it('is made where links lead one after the other, and has one name from its first entry on', async () => {
    using place = new Workplace();
    const [first, second] = ['first.db', 'second.db'].map((name) => join(place.folder, name));
    symlinkSync('second.db', first ?? '');
    symlinkSync('ledger.db', second ?? '');
    writeFileSync(join(place.folder, 'town.yaml'), town);
    for (const name of [first, second, place.ledgerPath])
      expect(await by(name ?? '', 'apply', join(place.folder, 'town.yaml'))).toMatchObject({
        code: 0,
        err: '',
      });
    const derived = readdirSync(place.folder).filter((name) => name.endsWith('.d'));
    expect(derived).toEqual(['ledger.db.d']);
  });

  it('begins nowhere where a link to nothing has the name of a lost one', async () => {
    using place = await givenEstate();
    const backup = join(place.folder, 'backup.db');
    await place.succeed('ledger', 'backup', backup);
    rmSync(place.ledgerPath);
    symlinkSync('target.db', place.ledgerPath);
    const before = readdirSync(place.folder);
    for (const argv of [
      ['apply', join(place.folder, 'documents')],
      ['plan', join(place.folder, 'documents')],
      ['status'],
      ['ledger', 'restore', backup],
      ['ledger', 'copy', `sqlite:${backup}`, place.ledgerUrl],
    ]) {
      const { code, err } = await place.run(...argv);
      expect([argv, code]).toEqual([argv, 6]);
      expect(err).toContain(
        `${place.ledgerPath} is a link to ${join(place.folder, 'target.db')}, where no ledger`,
      );
    }
    expect(readdirSync(place.folder)).toEqual(before);
    rmSync(place.ledgerPath);
    await place.succeed('ledger', 'restore', backup);
    expect((await place.run('status')).code).toBe(0);
  });

  it('whose links lead round in a circle, is nowhere', async () => {
    using place = new Workplace();
    symlinkSync('other.db', place.ledgerPath);
    symlinkSync('ledger.db', join(place.folder, 'other.db'));
    writeFileSync(join(place.folder, 'town.yaml'), town);
    expect(await place.run('status')).toMatchObject({ code: 5 });
    expect(await place.run('apply', join(place.folder, 'town.yaml'))).toMatchObject({ code: 5 });
  });

  it('by a hard link in another folder, is written by neither name, and asked by the one that has state', async () => {
    using place = await givenEstate();
    mkdirSync(join(place.folder, 'elsewhere'));
    const other = join(place.folder, 'elsewhere', 'a.db');
    linkSync(place.ledgerPath, other);
    for (const [path, command, code] of [
      [place.ledgerPath, 'sync', 5],
      [other, 'sync', 5],
      [other, 'status', 5],
      [place.ledgerPath, 'status', 0],
      [place.ledgerPath, 'doctor', 5],
    ] as const) {
      const answer = await by(path, command);
      expect([path, command, answer.code]).toEqual([path, command, code]);
      if (code === 5)
        expect(answer.out + answer.err).toContain('has another name in another folder (a hard link)');
    }
  });
});

describe('a name that a file beside a ledger has', () => {
  it.each(['-wal', '-shm', '-journal', '-WAL', '.d', '.partial-17'])(
    'as that of %s, is taken for no ledger, and for no copy of one',
    async (ending) => {
      using place = await givenEstate();
      const other = join(place.folder, `other.db${ending}`);
      const link = join(place.folder, 'link.db');
      symlinkSync(other, link);
      const url = `sqlite:${other}`;
      const backup = join(place.folder, 'backup.db');
      await place.succeed('ledger', 'backup', backup);
      const before = readdirSync(place.folder);
      for (const argv of [
        ['ledger', 'backup', other],
        ['ledger', 'copy', place.ledgerUrl, url],
        ['ledger', 'copy', url, place.ledgerUrl],
        ['--ledger', url, 'ledger', 'restore', backup],
        ['--ledger', url, 'apply', join(place.folder, 'documents')],
        ['--ledger', url, 'status'],
        ['--ledger', url, 'doctor'],
        ['--ledger', `sqlite:${link}`, 'apply', join(place.folder, 'documents')],
      ]) {
        const { code, out, err } = await place.run(...argv);
        expect([argv, code]).toEqual([argv, 2]);
        expect(out + err).toContain(`${other} can be no ledger's name: `);
        expect(out + err).toMatch(/ other\.db\b(?!-|\.)/);
      }
      expect(readdirSync(place.folder)).toEqual(before);
    },
  );

  it('is no hindrance to reading a backup that got such a name once', async () => {
    using place = await givenEstate();
    const backup = join(place.folder, 'backup.db');
    await place.succeed('ledger', 'backup', backup);
    renameSync(backup, `${backup}-wal`);
    using elsewhere = new Workplace();
    await elsewhere.succeed('ledger', 'restore', `${backup}-wal`);
    expect(await elsewhere.checkpoint()).toEqual(await place.checkpoint());
  });
});

describe('a ledger that was renamed without what lies beside it', () => {
  it('says that its hosts are not here, and makes none anew before somebody rebuilds a shard', async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'town.yaml');
    writeFileSync(documents, town);
    await place.succeed('apply', documents);
    await place.succeed('sync');
    const renamed = join(place.folder, 'renamed.db');
    renameSync(place.ledgerPath, renamed);
    const ask = (...argv: string[]): ReturnType<typeof place.run> =>
      place.run('--ledger', `sqlite:${renamed}`, ...argv);
    const words = `${renamed}.d/overlay is not there, and 4 hosts acknowledged plans of this ledger`;
    const status = await ask('status');
    expect([status.code, status.err]).toEqual([0, expect.stringContaining(words)]);
    const doctor = await ask('doctor');
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringMatching(/FAIL {2}overlay .* is not there/)]);
    const synced = await ask('sync');
    expect([synced.code, synced.err]).toEqual([5, expect.stringContaining(words)]);
    // However often: a host that is made anew says nothing of the one elsewhere.
    for (let time = 1; time <= 2; time += 1) {
      const told = await ask('quarantine', 'acme');
      expect([told.code, told.err]).toEqual([5, expect.stringContaining(words)]);
      expect(told.out).toMatch(/not cut .*its hosts are elsewhere/);
      expect(told.out).not.toMatch(/hv-\d +cut/);
    }
    await ask('rebuild', '--shard', 'shard-1');
    expect(await ask('sync')).toMatchObject({ code: 0, err: '' });
    expect((await ask('quarantine', 'acme')).code).toBe(0);
  });

  it('and with it, is as it was', async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'town.yaml');
    writeFileSync(documents, town);
    await place.succeed('apply', documents);
    await place.succeed('sync');
    const renamed = join(place.folder, 'renamed.db');
    renameSync(place.ledgerPath, renamed);
    renameSync(`${place.ledgerPath}.d`, `${renamed}.d`);
    const { code, err } = await place.run('--ledger', `sqlite:${renamed}`, 'quarantine', 'acme');
    expect([code, err]).toEqual([0, '']);
  });
});
