import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

const more = '{ kind: Tenant, tenant: late, segments: [one] }';

function folderWith(place: Workplace, name: string, yaml: string): string {
  const folder = join(place.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'documents.yaml'), yaml);
  return folder;
}

/** A ledger that has been used, with all of it in one file. */
async function usedLedger(place: Workplace): Promise<string> {
  await place.succeed('apply', folderWith(place, 'town', town));
  await place.succeed('sync');
  return folderWith(place, 'more', more);
}

const commands = (folder: string): string[][] => [
  ...[['checkpoint'], ['verify'], ['connections'], ['log'], ['status'], ['tail'], ['plan', folder]],
  ...[['apply', folder], ['sync']],
];

describe('a ledger that is not what it was', () => {
  it('is refused by every command when one letter of an old entry was changed', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    const bytes = readFileSync(place.ledgerPath);
    const at = bytes.indexOf('"tenant":"globex"');
    expect(at).toBeGreaterThan(0);
    bytes.write('"tenant":"globez"', at);
    writeFileSync(place.ledgerPath, bytes);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/the ledger's history is not the one seen before/);
    }
  });

  it('is refused by every command when an older copy was put back', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    const copy = join(place.folder, 'copy.db');
    cpSync(place.ledgerPath, copy);
    await place.succeed('apply', folder);
    for (const ending of ['', '-wal', '-shm']) rmSync(`${place.ledgerPath}${ending}`, { force: true });
    cpSync(copy, place.ledgerPath);
    for (const command of commands(folder)) {
      const { code, out, err } = await place.run(...command);
      expect([command[0], code, out]).toEqual([command[0], 6, '']);
      expect(err).toMatch(/the ledger's history was cut: \d+ entries[^]*in \S+ledger\.db\.d\./);
    }
  });

  it('is not begun anew where one was emptied', async () => {
    using place = new Workplace();
    const folder = await usedLedger(place);
    truncateSync(place.ledgerPath, 0);
    const { code, err } = await place.run('apply', folder);
    expect([code, err]).toEqual([6, expect.stringMatching(/holds nothing, but .* restore the ledger/)]);
    expect(readFileSync(place.ledgerPath)).toHaveLength(0);
  });
});
