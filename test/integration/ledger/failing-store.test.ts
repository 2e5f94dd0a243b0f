import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { UnknownOutcome } from '../../../src/ledger/faults.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openConnection } from '../../../src/ledger/sqlite/connection.ts';
import { ledgerOver } from '../../../src/ledger/sqlite/ledger.ts';
import { openFile } from '../../../src/ledger/sqlite/reading.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { fact, placed, tester } from '../../doubles/facts.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { acknowledgedIn, expectKept, writerFile } from './writers.ts';

function created(path: string): DatabaseSync {
  const newId = (): string => randomIds(systemClock.now());
  return openConnection({ path, create: true, busyMillisecondsMax: 1_000, newId });
}

function ledgerIn(database: DatabaseSync, path: string): Ledger {
  return ledgerOver(openFile(path, database), { path, readOnly: false, clock: systemClock, ids: randomIds });
}

/** A database whose next COMMIT fails as a device does while it flushes: before the commit took place, or after. */
class FailingDatabase extends DatabaseSync {
  failure: 'not kept' | 'kept' | undefined;

  override prepare(sql: string): StatementSync {
    const statement = super.prepare(sql);
    if (sql !== 'COMMIT') return statement;
    const run = statement.run.bind(statement);
    return Object.assign(statement, { run: () => this.#commit(run) });
  }

  #commit(run: StatementSync['run']): unknown {
    const { failure } = this;
    this.failure = undefined;
    const changes = failure === 'not kept' ? undefined : run();
    if (failure === undefined) return changes;
    throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
  }
}

describe('a store that fails', () => {
  it('given a full disk, says so, keeps nothing of the batch, and goes on once there is room', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const database = created(path);
    const ledger = ledgerIn(database, path);
    await ledger.append({ events: [fact('verify')], actor: tester });
    database.exec('PRAGMA max_page_count = 40');
    const large = Array.from({ length: 10 }, () => fact('verify', 'x'.repeat(60_000)));
    const refused = ledger.append({ events: large, actor: tester });
    await expect(refused).rejects.toThrow('the disk is full, and nothing was kept of this batch');
    await expect(refused).rejects.toMatchObject({ code: 'StoreUnavailable', cause: { errcode: 13 } });
    expect((await ledger.head()).size).toBe(1);
    database.exec('PRAGMA max_page_count = 100000');
    expect(await ledger.append({ events: large, actor: tester })).toMatchObject({ first: 1, last: 10 });
    await ledger.close();
  });

  it('given a device that takes no more, says so; what was acknowledged before is there, whole', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    // A limit to the size of files (in KiB) makes writes fail as a broken device does.
    const child = spawnSync(
      'bash',
      ['-c', 'ulimit -f 600; exec "$@"', 'bash', process.execPath, writerFile, path, 'w', '2000'],
      {
        encoding: 'utf8',
      },
    );
    expect(child.stdout).toMatch(/^failed StoreUnavailable .* may write no file of more than 614400 bytes/m);
    const acknowledged = acknowledgedIn(child.stdout);
    expect(acknowledged.length).toBeGreaterThan(0);
    const ledger = ledgerIn(created(path), path);
    await expectKept(ledger, acknowledged);
    await ledger.close();
  });

  it.each(['kept', 'not kept'] as const)(
    'given a commit that fails while flushing (%s), does not claim to know; the same key again tells',
    async (failure) => {
      const path = join(temporaryFolder(), 'ledger.db');
      created(path).close();
      const database = new FailingDatabase(path);
      const ledger = ledgerIn(database, path);
      const request = { events: [placed('alpha'), placed('beta')], actor: tester, idempotencyKey: 'key-1' };
      database.failure = failure;
      const first = await ledger.append(request).catch((error: unknown) => error);
      expect(first).toBeInstanceOf(UnknownOutcome);
      expect(first).toHaveProperty('ids.length', 2);
      expect(await ledger.append(request)).toEqual({ first: 0, last: 1, duplicate: failure === 'kept' });
      expect((await ledger.head()).size).toBe(2);
      await ledger.close();
    },
  );
});
