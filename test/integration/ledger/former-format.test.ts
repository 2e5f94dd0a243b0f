import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { Workplace } from '../../support/command-line.ts';
import { town } from '../../support/documents.ts';

/** Sets the format of a ledger, and lets its head lag, as whoever can write to the file. */
function setBack(path: string, { format, lag }: { format: number; lag: number }): void {
  using raw = new DatabaseSync(path);
  const trigger = raw.prepare("SELECT sql FROM sqlite_schema WHERE name = 'head_forward'").get();
  raw.exec('DROP TRIGGER head_forward');
  raw.prepare('UPDATE head SET size = size - ?').run(lag);
  raw.exec(`${String(trigger?.['sql'])}; PRAGMA user_version = ${String(format)}`);
}

function standingOf(path: string): unknown {
  using raw = new DatabaseSync(path);
  return raw
    .prepare(
      'SELECT (SELECT user_version FROM pragma_user_version) AS format, (SELECT max(seq) + 1 FROM entry) - size AS lag FROM head',
    )
    .get();
}

async function givenEstate(standing?: { format: number; lag: number }): Promise<Workplace> {
  const place = new Workplace();
  writeFileSync(join(place.folder, 'town.yaml'), town);
  await place.succeed('apply', join(place.folder, 'town.yaml'));
  await place.succeed('sync');
  if (standing !== undefined) setBack(place.ledgerPath, standing);
  return place;
}

const copied = (place: Workplace, name: string): string => join(place.folder, name);

const questions = (place: Workplace): string[][] => [
  ...[['status'], ['checkpoint'], ['verify'], ['doctor']],
  ['ledger', 'backup', copied(place, 'backup.db')],
  ['ledger', 'copy', place.ledgerUrl, `sqlite:${copied(place, 'copy.db')}`],
];

describe('a ledger of format 2, whose head may lag', () => {
  it('is sound after its last writer was killed: it is read, backed up, copied, restored and written', async () => {
    using place = await givenEstate({ format: 2, lag: 3 });
    for (const question of questions(place)) await place.succeed(...question);
    expect(standingOf(place.ledgerPath)).toEqual({ format: 2, lag: 3 });
    expect(standingOf(copied(place, 'backup.db'))).toEqual({ format: 2, lag: 3 });
    expect(standingOf(copied(place, 'copy.db'))).toEqual({ format: 3, lag: 0 });
    const { code } = await place.run(
      ...['--ledger', `sqlite:${copied(place, 'restored.db')}`, 'ledger', 'restore'],
      copied(place, 'backup.db'),
    );
    expect(code).toBe(0);
    await place.succeed('quarantine', 'acme');
    expect(standingOf(place.ledgerPath)).toEqual({ format: 2, lag: 0 });
    // A program of that time goes on, and is killed too.
    setBack(place.ledgerPath, { format: 2, lag: 1 });
    await place.succeed('release', 'acme');
  });

  it('is damaged where its head lags behind the last thousandth entry, or is ahead', async () => {
    using place = new Workplace();
    const path = place.ledgerPath;
    const open = (): void => {
      void openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds }).close();
    };
    const ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
    const events = Array.from({ length: 1_003 }, (_, index) => placed(`t${String(index)}`));
    await ledger.append({ events, actor: tester });
    await ledger.close();
    setBack(path, { format: 2, lag: 3 });
    open();
    setBack(path, { format: 2, lag: 1 });
    expect(open).toThrow(
      "the ledger's note of its size was lowered: it says 999, and 1003 entries are there",
    );
    setBack(path, { format: 2, lag: -5 });
    expect(open).toThrow('the ledger has lost its end');
  });
});

describe('a ledger of format 3, whose head is exact', () => {
  it('is what a new one is', async () => {
    using place = await givenEstate();
    expect(standingOf(place.ledgerPath)).toEqual({ format: 3, lag: 0 });
    for (const question of questions(place)) await place.succeed(...question);
    expect(standingOf(copied(place, 'backup.db'))).toEqual({ format: 3, lag: 0 });
  });

  it('is damaged where its head lags at all', async () => {
    using place = await givenEstate({ format: 3, lag: 1 });
    for (const question of [...questions(place), ['quarantine', 'acme']]) {
      const { code, out, err } = await place.run(...question);
      expect([question, code, out + err]).toEqual([
        question,
        6,
        expect.stringContaining('note of its size was lowered'),
      ]);
    }
  });
});
