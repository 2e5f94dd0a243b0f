import { Fault } from '../../../src/runtime/errors.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { placed, tester } from '../../doubles/facts.ts';

/**
 * A process that appends batches of one to three entries, eight at a time, and says of each that was acknowledged
 * `kept FIRST LAST NAME`; a fault ends it with `failed CODE MESSAGE`. Arguments: path, name, number of batches.
 */
const [path = '', name = '', batches = ''] = process.argv.slice(2);
const ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
let next = 0;

async function write(): Promise<void> {
  while (next < Number(batches)) {
    const number = next++;
    const tenant = `${name}-${String(number)}`;
    const events = Array.from({ length: 1 + (number % 3) }, () => placed(tenant));
    const { first, last } = await ledger.append({ events, actor: tester, idempotencyKey: tenant });
    process.stdout.write(`kept ${String(first)} ${String(last)} ${tenant}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: 8 }, write));
  await ledger.close();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  process.stdout.write(`failed ${error.code} ${error.message}\n`);
  process.exit(1);
}
