import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import { performance } from 'node:perf_hooks';
import { onboarding, reason, recorder } from '../ledger/work.ts';

/**
 * `node emmett.ts FILE COUNT BATCH`: appends COUNT events to a new store in FILE, BATCH at a time, one append after the
 * other, and prints how many events a second that made. What the ledger puts around an event goes into the metadata.
 */
const [file, count, batch] = process.argv.slice(2);
const store = getSQLiteEventStore({ fileName: file });
const events = onboarding(Number(count)).map(({ type, data, subject, tenant }) => ({
  type,
  data,
  metadata: { subject, tenant, actor: recorder, reason, recordedAt: new Date().toISOString() },
}));
await store.appendToStream('ledger', events.slice(0, 1));

const began = performance.now();
for (let first = 0; first < events.length; first += Number(batch))
  await append(events.slice(first, first + Number(batch)));
const seconds = (performance.now() - began) / 1000;
process.stdout.write(`\n${JSON.stringify({ perSecond: events.length / seconds })}\n`);

/** Now and then this version asks for a COMMIT while its own INSERT still runs, and is refused: then once more. */
async function append(part: typeof events): Promise<void> {
  try {
    await store.appendToStream('ledger', part);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY')) throw error;
    await append(part);
  }
}
