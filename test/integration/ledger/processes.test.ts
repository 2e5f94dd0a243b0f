import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { temporaryFolder } from '../../doubles/temporary-folder.ts';
import { expectKept, Writer, type Acknowledged } from './writers.ts';

function openAt(path: string): Ledger {
  return openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds });
}

const names = ['a', 'b', 'c'];

describe('a ledger file with several writing processes', () => {
  it('given three that begin at once, on no file yet, keeps everything of all, without a gap', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const writers = names.map((name) => new Writer(path, name, 300));
    const acknowledged = (await Promise.all(writers.map((writer) => writer.acknowledged()))).flat();
    expect(acknowledged).toHaveLength(900);
    const ledger = openAt(path);
    await expectKept(ledger, acknowledged);
    expect((await ledger.head()).size).toBe(1800);
    await ledger.close();
  });

  it('given kill -9 at random moments, again and again, has every batch that was acknowledged', async () => {
    const path = join(temporaryFolder(), 'ledger.db');
    const acknowledged: Acknowledged[] = [];
    for (let round = 0; round < 6; round += 1) {
      const writers = names.map((name) => new Writer(path, `${name}${String(round)}`, 100_000));
      await Promise.all(writers.map((writer) => writer.begun()));
      for (const writer of writers) {
        await sleep(Math.random() * 60);
        writer.kill();
      }
      for (const writer of writers) acknowledged.push(...(await writer.acknowledged()));
      const ledger = openAt(path);
      await expectKept(ledger, acknowledged);
      await ledger.close();
    }
    expect(acknowledged.length).toBeGreaterThan(20);
  });
});
