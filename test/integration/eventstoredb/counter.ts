import { readEnvelope } from '../../../events/codec/decode.ts';
import { Conflict } from '../../../src/ledger/faults.ts';
import { openEventStoreLedger } from '../../../src/ledger/eventstoredb/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { placed, tester } from '../../doubles/facts.ts';

/**
 * A process that raises a number in the ledger so many times, each time on condition that nobody else did since it was
 * read, and says how often it had to read it again. Arguments: URL, how many times.
 */
const [url = '', times = ''] = process.argv.slice(2);
const ledger = await openEventStoreLedger({ url, create: true, clock: systemClock, ids: randomIds });
const subjects = ['tenant/counter'];
let at = { seq: -1, value: 0 };
let conflicts = 0;

async function readOn(): Promise<void> {
  for await (const entry of ledger.read({ after: at.seq, filter: { subjects } }))
    at = { seq: entry.seq, value: Number(String(readEnvelope(entry).causation)) };
}

async function raise(): Promise<void> {
  for (;;) {
    await readOn();
    const conditions = [{ subjects, unchangedSince: at.seq }];
    try {
      const causation = String(at.value + 1);
      await ledger.append({ events: [placed('counter')], actor: tester, causation, conditions });
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      conflicts += 1;
    }
  }
}

for (let done = 0; done < Number(times); done += 1) await raise();
await ledger.close();
process.stdout.write(String(conflicts));
