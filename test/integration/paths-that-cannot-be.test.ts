import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerTo, Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

/** Paths at which there can be no file, in a folder with a file and a loop of links. */
const paths: Record<string, string> = {
  'below a file': 'file/x',
  'a file with a slash after it': 'file/',
  'nothing with a slash after it': 'new/',
  'a name that is too long': 'x'.repeat(300),
  'a path that is too long': `${'x/'.repeat(2500)}x`,
  'below a loop of links': 'loop/x',
  'a loop of links': 'loop',
};

/** Every way to name a file or a folder: `at` is the path, `good` a ledger that is driven and its documents. */
const ways: Record<string, (at: string, good: { ledger: string; documents: string }) => string[]> = {
  'apply --ledger': (at, { documents }) => ['--ledger', `sqlite:${at}`, 'apply', documents],
  'plan --ledger': (at, { documents }) => ['--ledger', `sqlite:${at}`, 'plan', documents],
  'sync --ledger': (at) => ['--ledger', `sqlite:${at}`, 'sync'],
  'quarantine --ledger': (at) => ['--ledger', `sqlite:${at}`, 'quarantine', 'acme'],
  'release --ledger': (at) => ['--ledger', `sqlite:${at}`, 'release', 'acme'],
  'rebuild --ledger': (at) => ['--ledger', `sqlite:${at}`, 'rebuild', '--shard', 'shard-1'],
  'serve --ledger': (at) => ['--ledger', `sqlite:${at}`, 'serve'],
  'status --ledger': (at) => ['--ledger', `sqlite:${at}`, 'status'],
  'verify --ledger': (at) => ['--ledger', `sqlite:${at}`, 'verify'],
  'log --ledger': (at) => ['--ledger', `sqlite:${at}`, 'log'],
  'tail --ledger': (at) => ['--ledger', `sqlite:${at}`, 'tail'],
  'checkpoint --ledger': (at) => ['--ledger', `sqlite:${at}`, 'checkpoint'],
  'doctor --ledger': (at) => ['--ledger', `sqlite:${at}`, 'doctor'],
  '--ledger file:': (at) => ['--ledger', `file:${at}`, 'status'],
  'ledger restore --ledger': (at, { ledger }) => ['--ledger', `sqlite:${at}`, 'ledger', 'restore', ledger],
  'ledger restore': (at) => ['--ledger', 'sqlite:fresh.db', 'ledger', 'restore', at],
  'ledger backup': (at, { ledger }) => ['--ledger', `sqlite:${ledger}`, 'ledger', 'backup', at],
  'ledger copy FROM': (at) => ['ledger', 'copy', `sqlite:${at}`, 'sqlite:fresh.db'],
  'ledger copy TO': (at, { ledger }) => ['ledger', 'copy', `sqlite:${ledger}`, `sqlite:${at}`],
  'verify --html': (at, { ledger }) => ['--ledger', `sqlite:${ledger}`, 'verify', '--html', at],
  '--config': (at, { ledger }) => ['--ledger', `sqlite:${ledger}`, '--config', at, 'status'],
  'config check': (at) => ['--config', at, 'config', 'check'],
  plan: (at, { ledger }) => ['--ledger', `sqlite:${ledger}`, 'plan', at],
  apply: (at, { ledger }) => ['--ledger', `sqlite:${ledger}`, 'apply', at],
};

/** For init, whose folder may end in a slash, see first-folder.test.ts. */
describe('a path at which there can be no file', () => {
  const place = new Workplace();
  const documents = join(place.folder, 'town.yaml');
  const folder = join(place.folder, 'bad');
  const cases = Object.keys(ways).flatMap((way) => Object.keys(paths).map((kind) => [way, kind] as const));

  beforeAll(async () => {
    writeFileSync(documents, town);
    await place.succeed('apply', documents);
    await place.succeed('sync');
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), 'x');
    symlinkSync('loop', join(folder, 'loop'));
  });

  afterAll(() => {
    place[Symbol.dispose]();
  });

  it.each(cases)('as %s: %s, is refused in words, and nothing is made', async (way, kind) => {
    const before = readdirSync(folder);
    const at = `${folder}/${paths[kind] ?? ''}`;
    const argv = ways[way]?.(at, { ledger: place.ledgerPath, documents }) ?? [];
    const { code, out, err } = await answerTo(argv);
    expect(out + err).not.toContain('internal error');
    expect([2, 5]).toContain(code);
    expect(readdirSync(folder)).toEqual(before);
  });

  it.each(['file/x', 'file/x/y', 'loop/x'])('as that of a backup: %s, asks for no folder', async (path) => {
    const at = join(folder, path);
    const { code, err } = await place.run('ledger', 'backup', at);
    expect([code, err]).toEqual([5, expect.stringContaining(`there can be no ledger at ${at} (`)]);
  });

  it.each(['/proc', '/sys'])('in %s is refused as such, and not for want of room', async (kernel) => {
    const at = `${kernel}/x.db`;
    for (const argv of [
      ['--ledger', `sqlite:${at}`, 'apply', documents],
      ['--ledger', `sqlite:${at}`, 'doctor'],
      ['--ledger', place.ledgerUrl, 'ledger', 'backup', at],
    ]) {
      const { code, out, err } = await answerTo(argv);
      expect([code, out + err]).toEqual([5, expect.stringContaining(`there can be no file at ${at}`)]);
    }
  });

  it.each(Object.keys(paths))('as that of a sink: %s, is refused in words', async (kind) => {
    const config = join(place.folder, 'config.yaml');
    const at = `${folder}/${paths[kind] ?? ''}`;
    writeFileSync(config, `sinks: { archive: { kind: file, path: '${at}' } }\n`);
    for (const command of [
      ['config', 'check'],
      ['sinks', 'test', 'archive'],
    ]) {
      const { code, out, err } = await place.run('--config', config, ...command);
      expect(out + err).not.toContain('internal error');
      expect([
        [...command, 2],
        [...command, 5],
      ]).toContainEqual([...command, code]);
    }
  });
});
