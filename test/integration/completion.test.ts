import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';
import { program } from '../support/program.ts';

/** A ledger that commands have seen, and a folder with `isoledger` for a shell's PATH. */
async function givenTown(place: Workplace): Promise<{ bin: string }> {
  const [bin, folder] = [join(place.folder, 'bin'), join(place.folder, 'town')];
  for (const made of [bin, folder]) mkdirSync(made);
  writeFileSync(join(folder, 'documents.yaml'), town);
  writeFileSync(join(bin, 'isoledger'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  });
  await place.succeed('apply', folder);
  return { bin };
}

/** What bash would offer for a command line, by the script that the program prints, in a shell of its own. */
function offered(place: Workplace, { bin, words }: { bin: string; words: readonly string[] }): string[] {
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const script = `
    eval "$(isoledger completion bash)"
    complete -p isoledger >/dev/null || exit 1
    COMP_WORDS=(isoledger ${quoted}); COMP_CWORD=${String(words.length)}
    _isoledger isoledger
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, ISOLEDGER_LEDGER: place.ledgerUrl },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion in bash', () => {
  it('offers commands, options, choices, and names of the ledger', async () => {
    using place = new Workplace();
    const { bin } = await givenTown(place);
    const offer = (...words: string[]): string[] => offered(place, { bin, words });
    expect(offer('ver')).toEqual(['verify']);
    expect(offer('verify', '--lane', '')).toEqual(['intended', 'applied', 'observed']);
    // bash takes = for a word of its own, and fills in what follows it.
    expect(offer('verify', '--lane', '=', 'app')).toEqual(['applied']);
    expect(offer('log', '--tenant', 'g')).toEqual(['globex']);
    expect(offer('sync', '--shard', '')).toEqual(['shard-1', 'shard-2']);
    expect(offer('connections', '--from', 'acme/')).toEqual(['acme/database', 'acme/web']);
    expect(offer('ledger', '')).toEqual(['backup', 'restore', 'copy', 'help']);
    expect(offer('apply', '')).toEqual([]);
  });

  it('leaves every file as it was, and makes none', async () => {
    using place = new Workplace();
    const { bin } = await givenTown(place);
    const before = readdirSync(place.folder, { recursive: true }).sort();
    expect(offered(place, { bin, words: ['log', '--tenant', ''] })).toEqual(['acme', 'globex', 'vault']);
    expect(readdirSync(place.folder, { recursive: true }).sort()).toEqual(before);
  });
});

describe('what completion asks', () => {
  async function suggested(place: Workplace, ...words: string[]): Promise<string[]> {
    return (await place.succeed('complete', '--', ...words)).split('\n').filter((word) => word !== '');
  }

  it.each<[string[], string[]]>([
    [['--led'], ['--ledger']],
    [['ledger', 're'], ['restore']],
    [['ledger', 'backup', '--j'], ['--json']],
    [['tail', '--format', 'cl'], ['cloudevents']],
    [['tail', '--format=cl'], ['--format=cloudevents']],
    [['tail', '--follow', '--af'], ['--after']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['completion', 'bash', ''], []],
    [['ledger', 'backup', 'x', ''], []],
    [['frob'], []],
    [['verify', '--colour', ''], []],
    [['sync', '--timeout', ''], []],
  ])('for %j is %j', async (words, expected) => {
    using place = new Workplace();
    expect(await suggested(place, ...words)).toEqual(expected);
  });

  it('names what the ledger that is typed knows, and nothing where there is none', async () => {
    using place = new Workplace();
    using nowhere = new Workplace();
    await givenTown(place);
    const asked = (...words: string[]): Promise<string[]> => suggested(nowhere, ...words);
    expect(await asked('--ledger', place.ledgerUrl, 'probe', 'i')).toEqual(['internet']);
    expect(await asked(`--ledger=${place.ledgerUrl}`, 'log', '--tenant', 'v')).toEqual(['vault']);
    // As bash divides it.
    const [scheme = '', path = ''] = place.ledgerUrl.split(/:(.*)/s);
    expect(await asked('--ledger', scheme, ':', path, 'probe', 'acme/w')).toEqual(['acme/web-1']);
    expect(await asked('--ledger', nowhere.ledgerUrl, 'log', '--tenant', '')).toEqual([]);
    expect(await asked('--ledger', 'http://nothing', 'log', '--tenant', '')).toEqual([]);
    expect(readdirSync(nowhere.folder)).toEqual([]);
  });

  it.each(['zsh', 'fish'])('is asked by the script for %s as well', async (shell) => {
    using place = new Workplace();
    expect(await place.succeed('completion', shell)).toMatch(/ complete -- /);
    const { code, err } = await place.run('completion', 'cmd');
    expect([code, err]).toEqual([2, expect.stringMatching(/Allowed choices are bash, zsh, fish/)]);
  });
});
