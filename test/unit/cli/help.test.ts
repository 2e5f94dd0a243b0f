import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Shell } from '../../../src/cli/command.ts';
import type { Io } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/main.ts';
import { program } from '../../../src/cli/program.ts';

const silent: Io = {
  ...{ out: () => undefined, err: () => undefined, data: () => undefined, progress: () => undefined },
  errIsTerminal: false,
};
const shell = (): Shell => ({ io: silent, exitCode: 0 });

/** The words that lead to each command that the help lists, those below others included. */
function pathsOf(command: Command, path: readonly string[] = []): string[][] {
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => pathsOf(one, [...path, one.name()]));
  return [[...path], ...below];
}

async function helpOf(path: readonly string[]): Promise<string> {
  let text = '';
  const io: Io = {
    ...silent,
    out: (words) => {
      text += words.text;
    },
  };
  expect(await run([...path, '--help'], io)).toBe(0);
  return text;
}

/** The command lines of a help text, without what stands behind them as an explanation. */
function examplesIn(help: string): string[] {
  const [, examples = ''] = /\nExamples?:\n((?: {2}.*\n?)+)/.exec(help) ?? [];
  return examples
    .split('\n')
    .map((line) => line.trim().replace(/ {3,}.*$/, ''))
    .filter((line) => line !== '');
}

/** The words of each call of isoledger in a command line, as a real shell hands them over. */
function callsIn(line: string): string[][] {
  const script = `isoledger() { printf '%s\\0' "$@"; printf '\\n\\0'; }; export -f isoledger; ${line.replace(/^source <\((.*)\)$/, '$1')}`;
  const { stdout } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, USER: 'sam' },
  });
  return stdout
    .split('\n\0')
    .filter((call) => call !== '')
    .map((call) => call.split('\0').slice(0, -1));
}

/** Parses a command line without doing anything; gives the command that it means. */
async function parsed(argv: readonly string[]): Promise<string> {
  const root = await program(shell(), { run });
  let meant = '';
  const disarm = (command: Command, path: readonly string[]): void => {
    for (const below of command.commands) disarm(below, [...path, below.name()]);
    if (command.commands.length === 0)
      command.action(() => {
        meant = path.join(' ');
      });
  };
  disarm(root, []);
  await root.parseAsync([...argv], { from: 'user' });
  return meant;
}

const paths = pathsOf(await program(shell(), { run }));

describe('the help', () => {
  it('of all says groups in the order of use, exit codes, words and environment', async () => {
    const help = await helpOf([]);
    const headings = [
      'Begin:',
      'Change:',
      'Ask:',
      'Operate:',
      'Evidence and custody:',
      'Exit codes:',
      'Environment:',
    ];
    const places = headings.map((heading) => help.indexOf(`\n${heading}\n`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThan(0);
    expect(help).not.toMatch(/^(Others|Commands):/m);
    for (const word of ['TIME', 'LANE', 'END', 'ISOLEDGER_LEDGER', 'ISOLEDGER_CONFIG', 'ISOLEDGER_LOG'])
      expect(help).toContain(word);
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7])
      expect(help).toMatch(new RegExp(` ${String(code)} {2}[a-z]`));
  });

  it.each(paths)('of %s %s has an example that parses', async (...path) => {
    const help = await helpOf(path.filter((word) => word !== ''));
    const examples = examplesIn(help);
    expect(examples.length).toBeGreaterThan(0);
    const meant: string[] = [];
    for (const example of examples) {
      const calls = callsIn(example);
      expect(calls.length).toBeGreaterThan(0);
      for (const call of calls) meant.push(await parsed(call));
    }
    expect(meant.some((command) => command.startsWith(path.join(' ')))).toBe(true);
  });

  it.each(paths)('of %s %s describes every argument and option', async (...path) => {
    let command: Command | undefined = await program(shell(), { run });
    for (const word of path) command = command?.commands.find((below) => below.name() === word);
    expect(command?.description()).not.toBe('');
    for (const { description, flags } of command?.options ?? [])
      expect([flags, description]).not.toContain('');
    for (const argument of command?.registeredArguments ?? [])
      expect([argument.name(), argument.description]).not.toContain('');
  });
});

describe('this test of the help', () => {
  it('sees an option or a command that is unknown', async () => {
    await expect(parsed(['verify', '--colour'])).rejects.toThrow(/unknown option/);
    await expect(parsed(['ledger', 'burn'])).rejects.toThrow(/unknown command/);
    await expect(parsed(['verify', '--lane', 'fast'])).rejects.toThrow(/Allowed choices/);
    expect(await parsed(['ledger', 'backup', 'x'])).toBe('ledger backup');
  });
});
