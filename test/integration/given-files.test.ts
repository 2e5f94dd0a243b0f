import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { town } from '../support/documents.ts';
import type { Answer } from '../support/answer-by.ts';
import { Workplace } from '../support/command-line.ts';

const program = fileURLToPath(new URL('../support/answers-process.ts', import.meta.url));

const answered = z.strictObject({ code: z.int(), out: z.string(), err: z.string() });

/** The answer of a process that may come to read for ever. */
function answerOf(argv: readonly string[]): Answer {
  const bound = { encoding: 'utf8', timeout: 120_000 } as const;
  const { stdout } = spawnSync(process.execPath, [program, JSON.stringify([argv])], bound);
  return answered.parse(JSON.parse(stdout));
}

describe('a file that the command line names', () => {
  it.each([
    ['a device without an end', () => '/dev/zero', 'it is a device, and no file'],
    ['a pipe that nobody writes to', (place: Workplace) => pipeIn(place), 'it is a pipe, and no file'],
    ['a folder', (place: Workplace) => place.folder, 'it is a folder, and no file'],
    ['a file of 3 MB', (place: Workplace) => largeIn(place), 'it has more than 65536 bytes'],
  ])('as %s, is refused in words, wherever it is named', (_what, make, words) => {
    using place = new Workplace();
    const path = make(place);
    for (const argv of [
      ['--ledger', `file:${path}`, 'status'],
      ['--config', path, 'status'],
      ['--config', path, 'doctor', '--json'],
      ['ledger', 'copy', `file:${path}`, place.ledgerUrl],
      ['--ledger', `esdb://127.0.0.1:1?tlsCAFile=${path}`, 'status'],
    ]) {
      const { code, out, err } = answerOf(argv);
      expect([argv, code]).toEqual([argv, 2]);
      expect(out + err).toContain(`${path} cannot be read: ${words}`);
    }
  });

  it.each(['/dev/zero', 'pipe'])('as documents in %s, is refused too', (name) => {
    using place = new Workplace();
    const path = name === 'pipe' ? pipeIn(place) : name;
    for (const command of ['plan', 'apply']) {
      const { code } = answerOf(['--ledger', place.ledgerUrl, command, path]);
      expect([command, code]).toEqual([command, 2]);
    }
  });
});

function pipeIn(place: Workplace): string {
  const path = join(place.folder, 'pipe');
  spawnSync('mkfifo', [path]);
  return path;
}

function largeIn(place: Workplace): string {
  const path = join(place.folder, 'large');
  writeFileSync(path, '#'.repeat(3_000_000));
  return path;
}

describe('a file to be written in a folder for what follows from a ledger', () => {
  it.each(['state/estate.json', 'state/new.db', 'overlay/shard-1/hv-9.jsonl', 'new.db', 'link'])(
    'is refused, as %s',
    async (part) => {
      using place = new Workplace();
      writeFileSync(join(place.folder, 'town.yaml'), town);
      await place.succeed('apply', join(place.folder, 'town.yaml'));
      await place.succeed('sync');
      await place.succeed('ledger', 'backup', join(place.folder, 'backup.db'));
      const derived = `${place.ledgerPath}.d`;
      symlinkSync(join(derived, 'state'), join(place.folder, 'state-of-it'));
      const path = part === 'link' ? join(place.folder, 'state-of-it', 'new.db') : join(derived, part);
      const before = readdirSync(derived, { recursive: true });
      for (const argv of [
        ['--ledger', place.ledgerUrl, 'ledger', 'backup', path],
        ['--ledger', `sqlite:${path}`, 'ledger', 'restore', join(place.folder, 'backup.db')],
        ['ledger', 'copy', place.ledgerUrl, `sqlite:${path}`],
        ['--ledger', `sqlite:${path}`, 'apply', join(place.folder, 'town.yaml')],
      ]) {
        const { code, err } = answerOf(argv);
        expect([argv, code, err]).toEqual([
          argv,
          2,
          expect.stringContaining(`lies in ${derived}, where what follows from a ledger is kept`),
        ]);
      }
      expect(readdirSync(derived, { recursive: true })).toEqual(before);
    },
  );

  it('is no folder that only has such a name', async () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'town.yaml'), town);
    await place.succeed('apply', join(place.folder, 'town.yaml'));
    mkdirSync(join(place.folder, 'town.yaml.d'));
    await place.succeed('ledger', 'backup', join(place.folder, 'town.yaml.d', 'backup.db'));
  });
});
