import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { program } from '../support/program.ts';

/** One command line with a limit on the size of the files that it writes, in KiB. */
function limited(place: Workplace, kib: number, ...command: string[]): [code: number | null, err: string] {
  const argv = [process.execPath, program, '--ledger', place.ledgerUrl, ...command];
  const script = `ulimit -f ${String(kib)}; exec "$@"`;
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...argv], { encoding: 'utf8' });
  return [status, stderr];
}

describe.runIf(process.platform === 'linux')('a limit on the size of files', () => {
  it('is told by what writes a ledger, and does not pass for a broken device', async () => {
    using place = new Workplace();
    const documents = join(place.folder, 'town.yaml');
    writeFileSync(documents, town);
    const words = (kib: number): unknown =>
      expect.stringContaining(`may write no file of more than ${String(kib * 1024)} bytes: raise the limit`);
    for (const kib of [2, 4, 16])
      expect([kib, ...limited(place, kib, 'apply', documents)]).toEqual([kib, 5, words(kib)]);
    await place.succeed('apply', documents);
    const before = await place.succeed('checkpoint');
    for (const kib of [4, 16])
      expect([kib, ...limited(place, kib, 'quarantine', 'acme', '--no-wait')]).toEqual([kib, 5, words(kib)]);
    const backup = join(place.folder, 'backup.db');
    expect(limited(place, 8, 'ledger', 'backup', backup)).toEqual([5, words(8)]);
    expect(limited(place, 4, 'checkpoint')[0]).toBe(0);
    expect(await place.succeed('checkpoint')).toBe(before);
    expect(readdirSync(place.folder).filter((name) => name.startsWith('backup'))).toEqual([]);
  });
});
