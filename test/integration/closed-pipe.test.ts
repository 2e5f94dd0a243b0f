import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';

const launcher = new URL('../../src/cli/isoledger.js', import.meta.url).pathname;
const examples = new URL('../../infra/examples', import.meta.url).pathname;

/** The exit code of a command whose output nobody reads to the end. */
async function codeUnread(place: Workplace, ...argv: string[]): Promise<number> {
  const command = [process.execPath, launcher, '--ledger', place.ledgerUrl, ...argv];
  const script = `{ ${command.map((word) => `'${word}'`).join(' ')}; echo "code $?" >&2; } | true`;
  const { stderr } = await promisify(execFile)('sh', ['-c', script], { timeout: 60_000 });
  expect(stderr).not.toMatch(/EPIPE|internal error/);
  return Number(/code (\d+)/.exec(stderr)?.[1]);
}

describe('a command whose output nobody reads to the end', () => {
  it('ends with the exit code that it has to say', async () => {
    using place = new Workplace();
    const folder = join(place.folder, 'documents');
    mkdirSync(folder);
    writeFileSync(join(folder, 'town.yaml'), town);
    expect(await codeUnread(place, 'plan', folder, '--detailed-exitcode')).toBe(1);
    expect(await codeUnread(place, 'apply', folder)).toBe(0);
    await place.succeed('sync');
    await place.run('rebuild', '--shard', 'shard-1', '--at', 'seq:1', '--hold');
    expect(await codeUnread(place, 'sync')).toBe(4);
    expect(await codeUnread(place, 'rebuild', '--shard', 'shard-1', '--resume', '--json')).toBe(0);
  });

  it('does its work to the end', async () => {
    using place = new Workplace();
    expect(await codeUnread(place, 'apply', examples)).toBe(0);
    expect(await codeUnread(place, 'sync')).toBe(0);
    expect((await place.verify()).verdict).toBe('proven');
  });

  it.each(['entries', 'cloudevents'])(
    'ends where it would follow the ledger for ever: tail, %s',
    async (format) => {
      using place = new Workplace();
      await place.succeed('apply', examples);
      expect(await codeUnread(place, 'tail', '--format', format)).toBe(0);
      expect(await codeUnread(place, 'tail', '--format', format, '--follow')).toBe(0);
    },
  );
});
