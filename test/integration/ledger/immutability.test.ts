import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { replay } from '../../../src/ledger/replay.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const statements = [
  "UPDATE entry SET bytes = x'00'",
  'UPDATE entry SET seq = 7 WHERE seq = 1',
  "UPDATE OR REPLACE entry SET seq = 0, subject = 'tenant/beta' WHERE seq = 1",
  'DELETE FROM entry',
  'DELETE FROM entry WHERE seq = 1',
  "INSERT OR REPLACE INTO entry (seq, subject, subtree, bytes) VALUES (1, 'tenant/beta', x'00', x'00')",
  "REPLACE INTO entry (seq, subject, subtree, bytes) VALUES (0, 'tenant/beta', x'00', x'00')",
  "INSERT INTO entry (seq, subject, subtree, bytes) VALUES (9, 'tenant/beta', x'00', x'00')",
  "INSERT INTO entry (seq, subject, subtree, bytes) VALUES (-1, 'tenant/beta', x'00', x'00')",
  "INSERT INTO entry (subject, subtree, bytes) VALUES ('tenant/beta', x'00', x'00')",
  "INSERT INTO entry (seq, subject, subtree, bytes) VALUES (1, 'a', x'00', x'00') ON CONFLICT (seq) DO UPDATE SET bytes = x'00'",
  'UPDATE idempotency_key SET first = 1',
  'DELETE FROM idempotency_key',
  "INSERT OR REPLACE INTO idempotency_key (key, content, first, last) VALUES ('key-1', '', 1, 1)",
  "UPDATE ledger SET id = 'other'",
  'DELETE FROM ledger',
  "INSERT OR REPLACE INTO ledger (one, id) VALUES (1, 'other')",
  "UPDATE entry SET subtree = x'00' WHERE seq = 1",
  'UPDATE head SET size = -1',
  'UPDATE head SET size = 9',
  'DELETE FROM head',
  'INSERT OR REPLACE INTO head (one, size) VALUES (1, 0)',
];

describe('what a ledger file holds', () => {
  it.each(statements)('given a raw connection that says %s, stays as it is', async (statement) => {
    const path = join(temporaryFolder(), 'ledger.db');
    const ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
    await ledger.append({
      events: [placed('alpha'), placed('beta')],
      actor: tester,
      idempotencyKey: 'key-1',
    });
    const raw = new DatabaseSync(path);
    raw.exec('PRAGMA recursive_triggers = OFF');
    const before = dump(raw);
    expect(() => {
      raw.exec(statement);
    }).toThrow(/never changed|after the last one|for ever|keeps its id|one head|only moves/);
    expect(dump(raw)).toEqual(before);
    raw.close();
    expect((await replay(ledger, { onBatch: () => undefined })).size).toBe(2);
    await ledger.close();
  });
});

function dump(database: DatabaseSync): unknown {
  return ['entry', 'idempotency_key', 'ledger', 'head'].map((table) =>
    database.prepare(`SELECT * FROM ${table}`).all(),
  );
}
