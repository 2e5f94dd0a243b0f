import { ledgerInNats } from '../../src/compose/nats.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { createLog } from '../../src/runtime/log.ts';
import { natsDefaults } from '../../src/siem/nats-settings.ts';
import { publisherRole } from '../../src/siem/mirror/publish.ts';
import { patiently } from './patiently.ts';

/** A process that mirrors a ledger until it is killed. Arguments: the ledger's file, how many servers keep it, servers. */
const [path = '', replicas = '', ...servers] = process.argv.slice(2);
const ledger = openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds });
const settings = { access: { servers }, ...natsDefaults, replicas: Number(replicas) };
const { mirror, form } = ledgerInNats(ledger.id, settings);
const role = publisherRole({ ledger, mirror, form, clock: systemClock });
await patiently(() =>
  role.run({
    signal: new AbortController().signal,
    log: createLog('silent'),
    tell: ({ seq }) => process.stdout.write(`${String(seq)}\n`),
  }),
);
