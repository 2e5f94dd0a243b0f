import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { companionsOf } from '../../src/runtime/sqlite-files.ts';
import { town } from '../support/documents.ts';
import { Workplace } from '../support/command-line.ts';

async function givenEstate(): Promise<Workplace> {
  const place = new Workplace();
  writeFileSync(join(place.folder, 'town.yaml'), town);
  await place.succeed('apply', join(place.folder, 'town.yaml'));
  await place.succeed('sync');
  return place;
}

function put(place: Workplace, bytes: Uint8Array): void {
  writeFileSync(place.ledgerPath, bytes);
  for (const companion of companionsOf(place.ledgerPath)) rmSync(companion, { force: true });
}

function withByte(bytes: Uint8Array, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = value;
  return changed;
}

const commands = (place: Workplace): string[][] => [
  ['status'],
  ['quarantine', 'acme', '--no-wait'],
  ['apply', join(place.folder, 'town.yaml')],
  ['checkpoint'],
  ['ledger', 'backup', join(place.folder, 'backup.db')],
  ['doctor'],
];

function emptyDatabase(place: Workplace): Buffer {
  const path = join(place.folder, 'empty.db');
  using database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 1');
  return readFileSync(path);
}

describe('a ledger whose first bytes were changed', () => {
  it.each<[what: string, damage: (good: Buffer, place: Workplace) => Buffer]>([
    ['the mark of SQLite', (good) => withByte(good, 3, 0x58)],
    ['the size of a page', (good) => withByte(good, 16, 0x58)],
    ['the fraction of a page', (good) => withByte(good, 21, 0x58)],
    ['the form of the tables', (good) => withByte(good, 47, 0x58)],
    ['the format', (good) => withByte(good, 63, 9)],
    ['the mark of the program', (good) => withByte(good, 68, 0x58)],
    ['everything', (good) => Buffer.alloc(good.length, 'x')],
    ['everything, for an empty database', (_good, place) => emptyDatabase(place)],
  ])('(%s) is damaged, and none of a later version', async (_what, damage) => {
    using place = await givenEstate();
    const damaged = damage(readFileSync(place.ledgerPath), place);
    for (const command of commands(place)) {
      put(place, damaged);
      const { code, out, err } = await place.run(...command);
      expect([command, code, out + err]).toEqual([command, 6, expect.stringContaining(place.ledgerPath)]);
      expect(readFileSync(place.ledgerPath)).toEqual(damaged);
    }
  });

  it('so that SQLite does not write to it, is damaged for whoever writes', async () => {
    using place = await givenEstate();
    put(place, withByte(readFileSync(place.ledgerPath), 18, 0x58));
    const { code, err } = await place.run('quarantine', 'acme', '--no-wait');
    expect([code, err]).toEqual([
      6,
      expect.stringContaining('its first bytes say that it is to be read only'),
    ]);
  });

  it('and of which nothing was kept, may be either: the words say so', async () => {
    using place = await givenEstate();
    put(place, withByte(readFileSync(place.ledgerPath), 63, 9));
    rmSync(`${place.ledgerPath}.d`, { recursive: true });
    const { code, err } = await place.run('status');
    expect([code, err]).toEqual([
      5,
      expect.stringMatching(/format 9, .* another version .* or its bytes were changed/),
    ]);
  });
});
