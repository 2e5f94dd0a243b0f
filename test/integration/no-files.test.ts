import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Answer } from '../support/answer-by.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const program = fileURLToPath(new URL('../support/answers-process.ts', import.meta.url));
const answerSchema = z.strictObject({ code: z.int(), out: z.string(), err: z.string() });
/** A bound against waiting for ever, and no measure. */
const timeout = 240_000;

/** The answers to several command lines, given in a process that may come to wait for ever. */
function answersOf(place: Workplace, lines: readonly string[][]): Answer[] {
  const argvs = lines.map((line) => ['--ledger', place.ledgerUrl, ...line]);
  const { stdout } = spawnSync(process.execPath, [program, JSON.stringify(argvs)], {
    encoding: 'utf8',
    timeout,
  });
  const answers = stdout.split('\n').filter((line) => line !== '');
  expect(answers, `of ${JSON.stringify(lines)}`).toHaveLength(lines.length);
  return answers.map((answer) => answerSchema.parse(JSON.parse(answer)));
}

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  writeFileSync(join(place.folder, 'town.yaml'), town);
  await place.succeed('apply', join(place.folder, 'town.yaml'));
  await place.succeed('sync');
  return place;
}

type Make = (path: string) => void;

const pipe: Make = (path) => void spawnSync('mkfifo', [path]);
const link: Make = (path) => {
  symlinkSync('nowhere', path);
};

const questions = [['status'], ['verify'], ['tail'], ['checkpoint']];

function deeds(place: Workplace): string[][] {
  return [['quarantine', 'acme', '--no-wait'], ['apply', join(place.folder, 'town.yaml')], ['sync']];
}

describe('something else than a file, in a place of the ledger', () => {
  it.each([
    ['a pipe', '-wal', pipe],
    ['a pipe', '-shm', pipe],
    ['a pipe', '-journal', pipe],
    ['a folder', '-wal', mkdirSync],
    ['a folder', '-journal', mkdirSync],
  ] satisfies [string, string, Make][])(
    'as %s at ledger.db%s, keeps no question from being answered, and is named by what writes',
    async (kind, ending, make) => {
      using place = await givenEstate();
      const before = await place.succeed('checkpoint');
      make(`${place.ledgerPath}${ending}`);
      const asked = [...questions, ['ledger', 'backup', join(place.folder, 'backup.db')]];
      const answers = answersOf(place, [...asked, ...deeds(place)]);
      for (const answer of answers.slice(0, asked.length)) expect(answer).toMatchObject({ code: 0, err: '' });
      for (const { code, err } of answers.slice(asked.length))
        expect([code, err]).toEqual([
          5,
          expect.stringContaining(`${place.ledgerPath}${ending} is ${kind}, and SQLite needs a file`),
        ]);
      rmSync(`${place.ledgerPath}${ending}`, { recursive: true });
      expect(await place.succeed('checkpoint')).toBe(before);
    },
  );

  it.each(['-wal', '-shm', '-journal'])(
    'as a link at ledger.db%s, is named: the last entries may have been moved to where it leads',
    async (ending) => {
      using place = await givenEstate();
      link(`${place.ledgerPath}${ending}`);
      for (const argv of [...questions, ...deeds(place), ['doctor']]) {
        const { code, out, err } = await place.run(...argv);
        expect([argv, code]).toEqual([argv, 5]);
        expect(out + err).toContain(`${place.ledgerPath}${ending} is a link, and SQLite needs a file`);
      }
    },
  );

  it('as a pipe at ledger.db, is named by every command, and is no lost ledger', async () => {
    using place = await givenEstate();
    const backup = join(place.folder, 'backup.db');
    rmSync(place.ledgerPath);
    pipe(place.ledgerPath);
    const lines = [...questions, ...deeds(place), ['doctor'], ['plan', join(place.folder, 'town.yaml')]];
    lines.push(['ledger', 'backup', backup]);
    lines.push(['--ledger', `sqlite:${backup}`, 'ledger', 'restore', place.ledgerPath]);
    for (const { code, out, err } of answersOf(place, lines)) {
      expect(out + err).toContain(`${place.ledgerPath} is a pipe: name the file of the ledger`);
      expect(code).toBe(5);
    }
    expect(existsSync(backup)).toBe(false);
  });

  it.each([
    ['', 'is no folder'],
    ['/locks', 'is no folder'],
    ['/locks/applier', 'is no folder'],
    ['/locks/applier/shard-1.lock', 'is a pipe, where'],
    ['/locks/applier/shard-1.lock-journal', 'is a pipe, where'],
  ])('as a pipe at ledger.db.d%s, is named by what drives', async (part, words) => {
    using place = await givenEstate();
    const path = `${place.ledgerPath}.d${part}`;
    if (existsSync(path)) renameSync(path, join(place.folder, 'moved'));
    pipe(path);
    const answers = answersOf(place, [['sync'], ['quarantine', 'acme'], ['verify'], ['doctor']]);
    for (const answer of answers.slice(0, 2)) {
      expect(answer.code).toBe(5);
      expect(answer.out + answer.err).toContain(`${path} ${words}`);
    }
  });

  it('as a pipe at a name that a new ledger or a copy would have beside it, is named or set aside', async () => {
    using place = await givenEstate();
    const other = join(place.folder, 'other.db');
    pipe(`${other}-wal`);
    const [begun, copied] = answersOf(place, [
      ['--ledger', `sqlite:${other}`, 'apply', join(place.folder, 'town.yaml')],
      ['ledger', 'copy', place.ledgerUrl, `sqlite:${other}`],
    ]);
    expect([begun?.code, begun?.err]).toEqual([
      5,
      expect.stringContaining(`${other}-wal is a pipe, and SQLite`),
    ]);
    expect([copied?.code, copied?.err]).toEqual([
      0,
      expect.stringContaining(`was set aside: ${other}-wal.set`),
    ]);
  });

  it('as a folder beside a ledger whose log holds the last entries, hides none of them', async () => {
    using place = await givenEstate();
    using raw = new DatabaseSync(place.ledgerPath);
    raw.prepare('SELECT count(*) FROM entry').get();
    await place.succeed('quarantine', 'acme', '--no-wait');
    const before = await place.succeed('checkpoint');
    const other = join(place.folder, 'other.db');
    for (const ending of ['', '-wal'])
      writeFileSync(`${other}${ending}`, readFileSync(`${place.ledgerPath}${ending}`));
    mkdirSync(`${other}-shm`);
    expect(await place.succeed('--ledger', `sqlite:${other}`, 'checkpoint')).toBe(before);
    pipe(`${other}-journal`);
    const [asked] = answersOf(place, [['--ledger', `sqlite:${other}`, 'checkpoint']]);
    expect([asked?.code, asked?.err]).toEqual([
      5,
      expect.stringContaining(`${other}-journal is a pipe, and SQLite`),
    ]);
  });
});
