import type { EventDraft } from '../../../events/draft.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { onboarding, reason, recorder } from '../ledger/work.ts';

const batchEntries = 1_000;

/** A new ledger in a file that holds so many entries. */
export async function writtenLedger(path: string, count: number): Promise<Ledger> {
  const ledger = openSqliteLedger({ path, create: true, clock: systemClock, ids: randomIds });
  const events = onboarding(count);
  for (let from = 0; from < count; from += batchEntries)
    await append(ledger, events.slice(from, from + batchEntries));
  return ledger;
}

/** Records the events one by one, one at each call, as another process would. Gives the seq of the entry. */
export function appender(path: string, count: number): { append: () => Promise<number>; ledger: Ledger } {
  const ledger = openSqliteLedger({ path, create: false, clock: systemClock, ids: randomIds });
  const events = onboarding(count).values();
  return {
    ledger,
    append: () => {
      const { value } = events.next();
      if (value === undefined) throw new RangeError(`more than ${String(count)} appends`);
      return append(ledger, [value]);
    },
  };
}

async function append(ledger: Ledger, events: readonly EventDraft[]): Promise<number> {
  return (await ledger.append({ events, actor: recorder, reason })).last;
}
