import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventStoreStore } from '../../src/ledger/eventstoredb/store.ts';
import { fillNewFile } from '../../src/ledger/sqlite/backup.ts';
import { sqliteStore } from '../../src/ledger/sqlite/store.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { startEventStore } from '../doubles/eventstoredb/event-store.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { describeStoreContract } from './store-contract.ts';

const means = { clock: systemClock, ids: randomIds };

describeStoreContract('in files', () => {
  const folder = temporaryFolder();
  return {
    store: sqliteStore(means),
    url: `sqlite:${join(folder, 'ledger.db')}`,
    elsewhere: `sqlite:${join(folder, 'other', 'ledger.db')}`,
  };
});

describeStoreContract('on servers', async () => {
  const servers = [await startEventStore(), await startEventStore()];
  for (const server of servers) onTestFinished(() => server.stop());
  const [url = '', elsewhere = ''] = servers.map((server) => server.url);
  return {
    store: eventStoreStore({ ...means, fillNewFile: (at, fill) => fillNewFile({ ...means, ...at }, fill) }),
    url,
    elsewhere,
  };
});
