import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IntervalAnswer } from '../../../projections/isolation/history/interval.ts';
import { HistoryWalk } from '../../../src/verify/history/history-walk.ts';
import { IndexDamaged } from '../../../src/verify/history/rows.ts';
import { intervalOf } from '../../../src/verify/interval.ts';
import { wantedBy } from '../../../src/verify/verify.ts';
import { filterByName } from '../../../src/verify/ends.ts';
import { sqliteCode } from '../../../src/runtime/sqlite-result.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, type History } from '../isolation/history.ts';
import { ledgerOf } from '../isolation/ledger-of.ts';
import { Dice } from '../isolation/random-estate.ts';
import { seesawTale } from '../isolation/seesaw.ts';
import { buildHistory, historyAt } from './history-of.ts';

let folder = '';
let history: History;
const place = (name: string): string => join(folder, `${name}.sqlite`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isoledger-history-'));
  ({ history } = seesawTale(new Dice(3)));
  await buildHistory(ledgerOf(history), {
    path: place('whole'),
    lane: 'applied',
    now: after(90, history.now),
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Reads every list of an index to its end. */
function readAll(path: string): void {
  const index = historyAt(path);
  try {
    for (const list of index.lists.all()) index.lists.between(list, -1, Number.MAX_SAFE_INTEGER);
  } finally {
    index.close();
  }
}

async function answerOf(
  path: string,
  names: [string | undefined, string | undefined],
): Promise<IntervalAnswer> {
  const [tenant, peer] = names;
  const interval = await intervalOf(ledgerOf(history), {}, new ManualClock(after(90, history.now)));
  const ends = { isTenant: filterByName(tenant), isPeer: filterByName(peer) };
  const index = historyAt(path);
  try {
    const wanted = wantedBy({ lane: 'applied', tenant, peer }, ends);
    return new HistoryWalk(index, {
      lane: 'applied',
      interval,
      known: interval.known,
      wanted,
      names,
    }).answer();
  } finally {
    index.close();
  }
}

function isFound(error: unknown): boolean {
  return error instanceof IndexDamaged || sqliteCode(error) !== undefined;
}

/** Changes a copy of the index by SQL. */
function changedBy(sql: string): string {
  const path = place('changed');
  copyFileSync(place('whole'), path);
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

/** Each row of a table, in SQL: what tells it from all others. */
function rowsOf(table: string, key: readonly string[]): string[] {
  const database = new DatabaseSync(place('whole'), { readOnly: true });
  const rows = database.prepare(`SELECT ${key.join()} FROM ${table}`).all();
  database.close();
  return rows.map((row) => key.map((column) => `${column} = '${String(row[column])}'`).join(' AND '));
}

const tables = {
  list: { key: ['id'], columns: ['id', 'name', 'bucket', 'digest'] },
  item: { key: ['list', 'at'], columns: ['at', 'body', 'digest'] },
  bucket: { key: ['number'], columns: ['number', 'digest'] },
  meta: { key: ['one'], columns: ['body', 'digest'] },
} as const;

describe('given an index in which somebody edited one row', () => {
  for (const [table, { key, columns }] of Object.entries(tables))
    test(`an edit, and the loss, of any row of ${table} is found`, async () => {
      const whole = await answerOf(place('whole'), [undefined, undefined]);
      expect(whole.windows.length).toBeGreaterThan(3);
      const rows = rowsOf(table, key);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows)
        for (const deed of [
          `DELETE FROM ${table} WHERE ${row}`,
          ...columns.map(
            (column) =>
              `UPDATE ${table} SET ${column} = CASE typeof(${column}) WHEN 'integer' THEN ${column} + 100000 ELSE ${column} || ' ' END WHERE ${row}`,
          ),
        ]) {
          const path = changedBy(deed);
          expect(() => {
            readAll(path);
          }, deed).toThrow();
          // A question that does not read the row is answered, and answered right.
          const answer = await answerOf(path, [undefined, undefined]).catch((error: unknown) => error);
          if (!isFound(answer)) expect(answer, deed).toEqual(whole);
        }
    });

  test('a pair of rows that were swapped is found', () => {
    const row =
      "UPDATE item SET at = $to WHERE at = $from AND list = (SELECT id FROM list WHERE name = 'stops')";
    const moves = [
      [0, -1],
      [1, 0],
      [-1, 1],
    ];
    for (const column of ['at', 'digest']) {
      const swap = moves.map(([from, to]) => row.replace('$from', String(from)).replace('$to', String(to)));
      const stops = "(SELECT id FROM list WHERE name = 'stops')";
      const other = `UPDATE item SET digest = (SELECT other.digest FROM item AS other WHERE at = 1 AND list = ${stops}) WHERE at = 0 AND list = ${stops}`;
      const path = changedBy(column === 'at' ? swap.join(';') : other);
      expect(() => {
        readAll(path);
      }, column).toThrow(IndexDamaged);
    }
  });

  test('a table that is missing is found', () => {
    for (const table of Object.keys(tables)) {
      const path = changedBy(`DROP TABLE ${table}`);
      expect(() => {
        readAll(path);
      }, table).toThrow();
    }
  });
});

test('given an index that was cut anywhere, or of which any page was lost, what is read is right or nothing is', async () => {
  const bytes = readFileSync(place('whole'));
  const whole = await answerOf(place('whole'), ['a', 'b']);
  const path = place('cut');
  for (let page = 0; page * 4096 < bytes.length; page += 1) {
    const [cut, blank] = [bytes.subarray(0, page * 4096 + 100), Buffer.from(bytes)];
    blank.fill(0, page * 4096 + 8, (page + 1) * 4096);
    for (const damaged of [cut, blank]) {
      writeFileSync(path, damaged);
      const answer = await answerOf(path, ['a', 'b']).catch((error: unknown) => error);
      if (!(answer instanceof Error)) expect(answer).toEqual(whole);
    }
  }
});

test('given no index, or something else in its place, nothing is read', () => {
  expect(() => historyAt(place('none'))).toThrow('there is no index');
  symlinkSync(place('whole'), place('link'));
  mkdirSync(place('folder'));
  writeFileSync(place('text'), 'no database');
  writeFileSync(place('empty'), '');
  for (const name of ['link', 'folder', 'text', 'empty'])
    expect(() => historyAt(place(name)), name).toThrow();
});

test('an index that is deleted and built anew, or built in the place of another one, is the same to the byte', async () => {
  const former = readFileSync(place('whole'));
  const path = place('again');
  const of = { path, lane: 'applied', now: after(90, history.now) } as const;
  await buildHistory(ledgerOf(history), of);
  expect(readFileSync(path)).toEqual(former);
  truncateSync(path, 100);
  await buildHistory(ledgerOf(history), of);
  expect(readFileSync(path)).toEqual(former);
});
