import { afterEach, describe } from 'vitest';
import type { Ledger } from '../../src/ledger/port.ts';
import { describeAppending } from './ledger/appending.ts';
import { describeConditions } from './ledger/conditions.ts';
import { describeIdempotency } from './ledger/idempotency.ts';
import type { OpenLedger } from './ledger/open.ts';
import { describeReading } from './ledger/reading.ts';
import { describeSubscribing } from './ledger/subscribing.ts';

/** What every adapter of the ledger port promises; `open` gives an empty ledger, which the suite closes. */
export function describeLedgerContract(name: string, open: OpenLedger): void {
  describe(`the ledger ${name}`, () => {
    const opened: Ledger[] = [];
    const openAndKeep: OpenLedger = async (clock) => {
      const ledger = await open(clock);
      opened.push(ledger);
      return ledger;
    };
    afterEach(async () => {
      for (const ledger of opened.splice(0)) await ledger.close();
    });
    describeAppending(openAndKeep);
    describeConditions(openAndKeep);
    describeIdempotency(openAndKeep);
    describeReading(openAndKeep);
    describeSubscribing(openAndKeep);
  });
}
