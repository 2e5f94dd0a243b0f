import { join } from 'node:path';
import { openEventStoreLedger } from '../../src/ledger/eventstoredb/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { startEventStore } from '../doubles/eventstoredb/event-store.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { onTestFinished } from 'vitest';
import { describeLedgerContract } from './ledger-contract.ts';

describeLedgerContract('in memory', (clock = systemClock) => new MemoryLedger({ clock, ids: randomIds }));

describeLedgerContract('in an SQLite file', (clock = systemClock) =>
  openSqliteLedger({
    path: join(temporaryFolder(), 'new', 'ledger.db'),
    create: true,
    clock,
    ids: randomIds,
  }),
);

describeLedgerContract('in EventStoreDB', async (clock = systemClock) => {
  const server = await startEventStore();
  onTestFinished(() => server.stop());
  return openEventStoreLedger({ url: server.url, create: true, clock, ids: randomIds });
});
