import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LedgerDamaged, LedgerForked } from '../../../src/ledger/faults.ts';
import { Frontier } from '../../../src/ledger/merkle/frontier.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { replay, rootOf, start, type Cursor } from '../../../src/ledger/replay.ts';
import { backUpLedger } from '../../../src/ledger/sqlite/backup.ts';
import { openToExamine } from '../../../src/ledger/sqlite/examine.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { collect, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';

const means = { clock: systemClock, ids: randomIds };

function openAt(path: string, how: { readOnly?: boolean; asksOnly?: boolean } = {}): Ledger {
  return openSqliteLedger({ path, create: true, ...means, ...how });
}

async function append(ledger: Ledger, ...tenants: string[]): Promise<void> {
  for (const tenant of tenants) await ledger.append({ events: [placed(tenant)], actor: tester });
}

function seen(ledger: Ledger, from: Cursor = start): Promise<Cursor> {
  return replay(ledger, { from, onBatch: () => undefined });
}

/** A closed ledger of four entries, and the cursor of someone who has read it. */
async function givenLedger(): Promise<{ path: string; cursor: Cursor }> {
  const path = join(temporaryFolder(), 'ledger.db');
  const ledger = openAt(path);
  await append(ledger, 'alpha', 'beta', 'gamma', 'delta');
  const cursor = await seen(ledger);
  await ledger.close();
  return { path, cursor };
}

/** Does what someone can who may write the file and knows how: the triggers are out of the way meanwhile. */
function withoutTriggers(path: string, change: (raw: DatabaseSync) => void): void {
  const raw = new DatabaseSync(path);
  const triggers = raw.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) raw.exec(`DROP TRIGGER ${String(name)}`);
  change(raw);
  for (const { sql } of triggers) raw.exec(String(sql));
  raw.close();
}

/** Makes the head and the tree agree with whatever the entries are now. */
function coverUp(raw: DatabaseSync): void {
  const tree = new Frontier(start);
  const update = raw.prepare('UPDATE entry SET subtree = ? WHERE seq = ?');
  for (const { seq, bytes } of raw.prepare('SELECT seq, bytes FROM entry ORDER BY seq').all()) {
    if (bytes instanceof Uint8Array && typeof seq === 'number')
      update.run(Buffer.from(tree.append(leafHash(bytes)), 'hex'), seq);
  }
  raw.exec('UPDATE head SET size = (SELECT max(seq) + 1 FROM entry)');
}

const replaced = (from: string, to: string): string =>
  `UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '${from}', '${to}') AS BLOB)`;

const tamperings: [what: string, statements: string][] = [
  ['another shard in one entry', `${replaced('east', 'west')} WHERE seq = 1`],
  ['one flipped bit', `${replaced('beta', 'bet`')} WHERE seq = 1`],
  ['another actor', `${replaced('tester', 'nobody')} WHERE seq = 0`],
  ['another time', `${replaced('"recordedAt":"20', '"recordedAt":"19')} WHERE seq = 0`],
  [
    'two tenants swapped',
    [
      ['beta', 'xxxx'],
      ['gamma', 'beta'],
      ['xxxx', 'gamma'],
    ]
      .map(([from = '', to = '']) => replaced(from, to))
      .join(';'),
  ],
  [
    'the order of two entries swapped',
    'UPDATE entry SET seq = 9 WHERE seq = 1; UPDATE entry SET seq = 1 WHERE seq = 2; UPDATE entry SET seq = 2 WHERE seq = 9',
  ],
  ['its tail deleted', 'DELETE FROM entry WHERE seq = 3'],
  ['its middle deleted', 'DELETE FROM entry WHERE seq = 1'],
  [
    'its middle deleted and the rest moved up',
    'DELETE FROM entry WHERE seq = 1; UPDATE entry SET seq = seq - 1 WHERE seq > 1',
  ],
];

describe('a tampered ledger file', () => {
  it.each(tamperings)('given %s, contradicts itself', async (_, statements) => {
    const { path } = await givenLedger();
    withoutTriggers(path, (raw) => {
      raw.exec(statements);
    });
    const fault = await Promise.try(() => seen(openAt(path))).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Error);
    expect(fault).toHaveProperty('code', expect.stringMatching(/^(LedgerDamaged|UnreadableEntry)$/));
  });

  it.each(tamperings)(
    'given %s and the head made to agree, is not the one seen before',
    async (_, statements) => {
      const { path, cursor } = await givenLedger();
      withoutTriggers(path, (raw) => {
        raw.exec(statements);
        coverUp(raw);
      });
      const ledger = openAt(path);
      await expect(seen(ledger, cursor)).rejects.toThrow(LedgerForked);
      await append(ledger, 'epsilon', 'zeta').catch(() => undefined);
      await expect(seen(ledger, cursor)).rejects.toThrow(LedgerForked);
      await ledger.close();
    },
  );

  it('given an old backup, with or without new entries, is not the one seen before', async () => {
    const { path, cursor } = await givenLedger();
    const backup = `${path}.backup`;
    copyFileSync(path, backup);
    const ledger = openAt(path);
    await append(ledger, 'epsilon');
    const later = await seen(ledger, cursor);
    await ledger.close();
    copyFileSync(backup, path);
    const restored = openAt(path);
    await expect(seen(restored, later)).rejects.toThrow(LedgerForked);
    expect(await seen(restored, cursor)).toEqual(cursor);
    await append(restored, 'zeta', 'eta');
    await expect(seen(restored, later)).rejects.toThrow(LedgerForked);
    await restored.close();
  });

  it('given a tail that was cut, lets nobody append in its place', async () => {
    const { path } = await givenLedger();
    withoutTriggers(path, (raw) => {
      raw.exec('DELETE FROM entry WHERE seq = 3');
    });
    expect(() => openAt(path)).toThrow(LedgerDamaged);
  });

  it.each(['DROP TRIGGER entry_no_delete', 'CREATE TABLE other (x)', 'DROP TRIGGER head_forward'])(
    'given other tables or triggers (%s), is not opened',
    async (statement) => {
      const { path } = await givenLedger();
      const raw = new DatabaseSync(path);
      raw.exec(statement);
      raw.close();
      expect(() => openAt(path)).toThrow(LedgerDamaged);
    },
  );

  it('given no id any more, is not opened', async () => {
    const { path } = await givenLedger();
    withoutTriggers(path, (raw) => {
      raw.exec('DELETE FROM ledger');
    });
    expect(() => openAt(path)).toThrow(LedgerDamaged);
  });

  it.each([
    'DELETE FROM head',
    'UPDATE head SET size = 9',
    'UPDATE head SET size = 3',
    'UPDATE head SET size = 0',
    "UPDATE entry SET subtree = x''",
  ])('given a broken head (%s), is neither opened, nor read nor written by who has it open', async (sql) => {
    const { path } = await givenLedger();
    const [writer, reader] = [openAt(path), openAt(path)];
    await append(writer, 'delta-1');
    withoutTriggers(path, (raw) => {
      raw.exec(sql);
    });
    await expect(reader.head()).rejects.toThrow(LedgerDamaged);
    await expect(append(reader, 'epsilon')).rejects.toThrow(LedgerDamaged);
    if (sql.includes('head')) await expect(append(writer, 'epsilon')).rejects.toThrow(LedgerDamaged);
    await Promise.all([writer.close(), reader.close()]);
    for (const how of [{}, { readOnly: true }, { asksOnly: true }])
      expect(() => openAt(path, how)).toThrow(LedgerDamaged);
    const copy = { from: path, to: `${path}.copy.db`, onProgress: () => undefined };
    await expect(backUpLedger({ ...means, ...copy, accept: () => Promise.resolve() })).rejects.toThrow(
      LedgerDamaged,
    );
    const examined = openToExamine(path, means);
    await expect(examined.ledger.head()).rejects.toThrow(LedgerDamaged);
    await examined.ledger.close();
  });

  it.each([
    "UPDATE idempotency_key SET content = 'x'",
    'UPDATE idempotency_key SET first = first + 1',
    'UPDATE idempotency_key SET last = last - 1',
    'UPDATE idempotency_key SET last = last + 1',
    'UPDATE idempotency_key SET first = 0, last = 0',
    'UPDATE idempotency_key SET first = 77, last = 78',
  ])(
    'given the record of an idempotency key that was edited (%s), neither repeats it nor is sound',
    async (sql) => {
      const { path } = await givenLedger();
      const request = { events: [placed('x'), placed('y')], actor: tester, idempotencyKey: 'once' };
      const ledger = openAt(path);
      const first = await ledger.append(request);
      expect(await ledger.append(request)).toEqual({ ...first, duplicate: true });
      await append(ledger, 'late');
      await ledger.close();
      const sound = openToExamine(path, means);
      sound.guards.requireConsistent();
      await sound.ledger.close();
      withoutTriggers(path, (raw) => {
        raw.exec(sql);
      });
      const again = openAt(path);
      await expect(again.append(request)).rejects.toThrow(LedgerDamaged);
      await again.close();
      const examined = openToExamine(path, means);
      expect(() => {
        examined.guards.requireConsistent();
      }).toThrow(LedgerDamaged);
      await examined.ledger.close();
    },
  );

  it.each([
    "UPDATE entry SET subject = 'tenant/other' WHERE seq = 3",
    "UPDATE entry SET subject = '' WHERE seq = 3",
  ])('given an entry that was filed elsewhere (%s), decides nothing on it', async (sql) => {
    const { path } = await givenLedger();
    withoutTriggers(path, (raw) => {
      raw.exec(sql);
    });
    const ledger = openAt(path);
    const conditions = [{ subjects: ['tenant/delta'], unchangedSince: 2 }];
    const appended = ledger.append({ events: [placed('epsilon')], actor: tester, conditions });
    await expect(appended).rejects.toThrow(/entry 3 is filed under a subject that is not its own/);
    await ledger.close();
  });

  it('given any byte of the file changed, either gives the same entries or says what is wrong', async () => {
    const { path, cursor } = await givenLedger();
    const original = readFileSync(path);
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(original.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (place, difference) => {
          const bytes = Buffer.from(original);
          bytes[place] = (bytes[place] ?? 0) ^ difference;
          writeFileSync(path, bytes);
          outcomes.add(await outcomeOf(path, cursor));
        },
      ),
      { numRuns: 400 },
    );
    expect([...outcomes].filter((outcome) => !knownOutcomes.includes(outcome))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

const knownOutcomes = ['the same', 'LedgerDamaged', 'LedgerForked', 'UnreadableEntry', 'StoreUnavailable'];

async function outcomeOf(path: string, expected: Cursor): Promise<string> {
  try {
    const ledger = openAt(path);
    try {
      return rootOf(await seen(ledger)) === rootOf(expected) ? 'the same' : 'another history';
    } finally {
      await ledger.close();
    }
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

describe('a write-ahead log that lacks its end', () => {
  it('given any cut, keeps a prefix of the entries, and is a sound ledger to go on with', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ledger.db');
    const writer = openAt(path);
    await append(writer, ...Array.from({ length: 12 }, (_, index) => `t${String(index)}`));
    const all = (await collect(writer.read())).map(({ bytes }) => Buffer.from(bytes).toString());
    const logBytes = statSync(`${path}-wal`).size;
    const log = readFileSync(`${path}-wal`);
    expect(logBytes).toBeGreaterThan(12 * 4096);
    const sizes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: logBytes }), async (kept) => {
        const copy = join(folder, 'copy.db');
        copyFileSync(path, copy);
        copyFileSync(`${path}-wal`, `${copy}-wal`);
        truncateSync(`${copy}-wal`, kept);
        const ledger = openAt(copy);
        const { size } = await seen(ledger);
        sizes.add(size);
        const prefix = (await collect(ledger.read())).map(({ bytes }) => Buffer.from(bytes).toString());
        expect(prefix).toEqual(all.slice(0, size));
        expect(await ledger.append({ events: [placed('next')], actor: tester })).toMatchObject({
          first: size,
        });
        await seen(ledger);
        await ledger.close();
      }),
      { numRuns: 80, examples: [[0], [logBytes - 1], [logBytes]] },
    );
    expect(sizes.size).toBeGreaterThan(5);
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
    await writer.close();
  });
});
