import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBlank } from '../../events/free-text.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { everyCommand } from '../support/every-command.ts';
import { program } from '../support/program.ts';

/** Each of them shows nothing: spaces of several scripts, marks without ink, fillers, the empty pattern of Braille. */
const blanks = ['', '   ', '\u00a0', '\u200b\u2060', '\u3164', '\u2800', '\u3000'];

/** Commands of later versions take any words, to say that they are not built; one that completes takes what is not begun. */
const asked = everyCommand.filter(
  ({ command }) =>
    !command.name().startsWith('__') && command.registeredArguments.every((one) => !one.variadic),
);

/** What Node makes of bytes that are not UTF-8. */
const notUtf8 = 'incident \ufffd';

describe('a value that is blank, or not UTF-8', () => {
  it.each(asked.map((leaf) => [leaf.path.join(' '), leaf] as const))(
    'of any option or argument of %s is refused by the name of it, before anything is opened',
    async (_name, { path, command }) => {
      using place = new Workplace();
      const names = command.registeredArguments.map((argument) => argument.name());
      const choices = command.registeredArguments.map(({ argChoices }) => argChoices?.[0] ?? 'seq:1');
      const must = command.options
        .filter(({ mandatory }) => mandatory)
        .flatMap(({ long }) => [long ?? '', 'x']);
      const options = [
        ...command.options,
        ...(command.parent?.parent?.options ?? command.parent?.options ?? []),
      ];
      for (const unsaid of [...blanks, notUtf8]) {
        for (const { long = '' } of options.filter(({ required, optional }) => required || optional)) {
          const { code, err } = await place.run(...path, ...choices, ...must, long, unsaid);
          expect([long, code, err]).toEqual([long, 2, expect.stringContaining(long)]);
        }
        for (const [index, name] of names.entries()) {
          const { code, err } = await place.run(...path, ...choices.with(index, unsaid), ...must);
          expect([name, code, err]).toEqual([name, 2, expect.stringContaining(name)]);
        }
      }
      expect(existsSync(place.ledgerPath)).toBe(false);
    },
  );

  it('is no reason to accept an exposure, no name and no place', async () => {
    using place = new Workplace();
    const hold = ['rebuild', '--shard', 'north', '--at', 'seq:39', '--hold', '--accept-exposure'];
    for (const blank of blanks)
      expect(await place.run(...hold, '--reason', blank)).toEqual({
        ...{ code: 2, out: '' },
        err: 'isoledger: --reason needs a reason that says something, or leave it out\n',
      });
  });

  it.each(['4711', '?', '\u{1f525}', '\u6771', ' x '])('is none of the likes of %s', (text) => {
    expect(isBlank(text)).toBe(false);
  });
});

const words = 'is no text in UTF-8: character 2 reads as U+FFFD, which stands for bytes that mean nothing;';

describe('bytes that are not UTF-8', () => {
  it.each([
    ['a reason', `apply town.yaml --ledger sqlite:l.db --reason "$BYTES"`, `--reason ${words}`],
    ['a name', `apply town.yaml --ledger sqlite:l.db --as "$BYTES"`, `--as ${words}`],
    ['a source', `apply town.yaml --ledger sqlite:l.db --source "$BYTES"`, `--source ${words}`],
    ['a ledger', `apply town.yaml --ledger "$BYTES"`, `--ledger ${words}`],
    ['a folder', `apply "$BYTES" --ledger sqlite:l.db`, `<dir> ${words}`],
    ['a ledger of the environment', `apply town.yaml`, `ISOLEDGER_LEDGER ${words}`],
    ['a ledger by reference', `--ledger env:BYTES apply town.yaml`, `env:BYTES: the ledger URL ${words}`],
    [
      'a configuration',
      `--config bytes.yaml apply town.yaml`,
      'the configuration file bytes.yaml cannot be read: it is no text in UTF-8',
    ],
    [
      'a file with the ledger',
      `--ledger file:bytes.yaml apply town.yaml`,
      'file:bytes.yaml cannot be read: it is no text',
    ],
  ])('are refused as %s, before anything is opened', (_what, line, expected) => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'town.yaml'), town);
    writeFileSync(join(place.folder, 'bytes.yaml'), Buffer.from('ledger: sqlite:x\xff.db\n', 'latin1'));
    const script = `export BYTES="$(printf 'x\\377')"; export ISOLEDGER_LEDGER="$BYTES"; exec "${process.execPath}" "${program}" ${line}`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: place.folder, encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining(`isoledger: ${expected}`)]);
    expect(readdirSync(place.folder).sort()).toEqual(['bytes.yaml', 'town.yaml']);
  });

  it('are refused as the working directory from which the ledger would be found, and nothing is made elsewhere', () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'town.yaml'), town);
    const run = (ledger: string): { status: number | null; stderr: string } => {
      const line = `apply ../town.yaml --ledger "${ledger}"`;
      const script = `BYTES="$(printf 'd\\377')"; mkdir -p "$BYTES"; cd "$BYTES"; exec "${process.execPath}" "${program}" ${line}`;
      return spawnSync('bash', ['-c', script], { cwd: place.folder, encoding: 'utf8' });
    };
    const { status, stderr } = run('sqlite:l.db');
    expect(status).toBe(2);
    expect(stderr).toContain('the working directory, from which l.db leads on, is no text in UTF-8');
    expect(readdirSync(place.folder)).toHaveLength(2);
    expect(run(`sqlite:${place.folder}/l.db`).status).toBe(0);
  });

  it('are refused as the folder that a link leads to, and nothing is made there', () => {
    using place = new Workplace();
    writeFileSync(join(place.folder, 'town.yaml'), town);
    const line = 'apply town.yaml --ledger sqlite:link/l.db';
    const script = `BYTES="$(printf 'd\\377')"; mkdir "$BYTES"; ln -s "$BYTES" link; exec "${process.execPath}" "${program}" ${line}`;
    const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: place.folder, encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('is no text in UTF-8')]);
    expect(readdirSync(join(place.folder, 'link'))).toEqual([]);
  });
});
