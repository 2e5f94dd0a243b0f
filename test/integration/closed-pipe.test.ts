import { execFile } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { codeOnDelivery, exitCode } from '../../src/cli/exit.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { program } from '../support/program.ts';

const examples = new URL('../../infra/examples', import.meta.url).pathname;

/** The exit code of a command, and its words on stderr, in a shell: `$it` is the command. */
async function inShell(
  script: string,
  { place, argv }: { place: Workplace; argv: readonly string[] },
): Promise<{ code: number; err: string }> {
  const command = [process.execPath, program, '--ledger', place.ledgerUrl, ...argv];
  const words = command.map((word) => `'${word}'`).join(' ');
  const { stderr } = await promisify(execFile)('sh', ['-c', script.replace('$it', words)], {
    timeout: 60_000,
  });
  expect(stderr).not.toMatch(/EPIPE|internal error/);
  return { code: Number(/code (\d+)/.exec(stderr)?.[1]), err: stderr };
}

/** The exit code of a command whose reader has gone before the first word. */
async function codeUnread(place: Workplace, ...argv: string[]): Promise<number> {
  const { code } = await inShell('{ sleep 0.2; $it; echo "code $?" >&2; } | true', { place, argv });
  return code;
}

function townIn(place: Workplace): string {
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'town.yaml'), town);
  return folder;
}

describe('a command whose output nobody reads to the end', () => {
  it('ends with the exit code that it has to say, and never with that of a success', async () => {
    using place = new Workplace();
    const folder = townIn(place);
    expect(await codeUnread(place, 'plan', folder, '--detailed-exitcode')).toBe(1);
    expect(await codeUnread(place, 'apply', folder)).toBe(5);
    await place.succeed('sync');
    await place.run('rebuild', '--shard', 'shard-1', '--at', 'seq:1', '--hold');
    expect(await codeUnread(place, 'sync')).toBe(4);
    expect(await codeUnread(place, 'rebuild', '--shard', 'shard-1', '--resume', '--json')).toBe(5);
  });

  it('does its work to the end', async () => {
    using place = new Workplace();
    expect(await codeUnread(place, 'apply', examples)).toBe(5);
    expect(await codeUnread(place, 'sync')).toBe(5);
    expect((await place.verify()).verdict).toBe('proven');
  });

  it.each(['entries', 'cloudevents'])(
    'ends where it would follow the ledger for ever: tail, %s',
    async (format) => {
      using place = new Workplace();
      await place.succeed('apply', townIn(place));
      const ways = [[], ['--follow']].map((more) => codeUnread(place, 'tail', '--format', format, ...more));
      expect(await Promise.all(ways)).toEqual([5, 5]);
    },
  );
});

describe('a command whose output finds no room', () => {
  it('says so, and ends with 5', async () => {
    using place = new Workplace();
    await place.succeed('apply', townIn(place));
    const commands = [['tail', '--follow'], ['log', '--json'], ['--help']];
    const answers = commands.map((argv) => inShell('$it > /dev/full; echo "code $?" >&2', { place, argv }));
    for (const { code, err } of await Promise.all(answers))
      expect([code, err]).toEqual([5, expect.stringMatching(/answer cannot be written whole: .*ENOSPC/)]);
  });

  it('says so of a last line that was cut', async () => {
    using place = new Workplace();
    await place.succeed('apply', examples);
    const to = join(place.folder, 'cut');
    // A file may not grow beyond 64 blocks: as on a nearly full disk, a write then takes a part of its bytes.
    const script = `ulimit -f 64; $it > '${to}'; echo "code $?" >&2`;
    const { code } = await inShell(script, { place, argv: ['log', '--json'] });
    expect([code, statSync(to).size % 512]).toEqual([5, 0]);
  });

  it('is graver than a finding, and no graver than a broken ledger', () => {
    expect(codeOnDelivery(exitCode.finding, 'unwritten')).toBe(exitCode.unreachable);
    expect(codeOnDelivery(exitCode.integrity, 'unwritten')).toBe(exitCode.integrity);
    expect(codeOnDelivery(exitCode.finding, 'unread')).toBe(exitCode.finding);
    expect(codeOnDelivery(exitCode.ok, undefined)).toBe(exitCode.ok);
  });
});
