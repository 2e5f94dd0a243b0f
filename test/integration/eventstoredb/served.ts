import { EventStoreDBClient } from '@eventstore/db-client';
import { onTestFinished } from 'vitest';
import {
  openEventStoreLedger,
  type EventStoreLedgerOptions,
} from '../../../src/ledger/eventstoredb/ledger.ts';
import type { CopyTarget, Ledger } from '../../../src/ledger/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import {
  startEventStore,
  type EventStore,
  type EventStoreOptions,
} from '../../doubles/eventstoredb/event-store.ts';
import { placed, tester } from '../../doubles/facts.ts';

type Tuning = Pick<
  EventStoreLedgerOptions,
  'patienceMilliseconds' | 'callMilliseconds' | 'graceMilliseconds' | 'idOfNew'
>;

/** A call may take its time on a busy machine; what is not answered at all is given up soon. */
const brisk: Tuning = { patienceMilliseconds: 20_000, callMilliseconds: 700, graceMilliseconds: 200 };
/** Gives up soon, for tests in which nothing gets better. */
export const impatient: Tuning = { ...brisk, patienceMilliseconds: 300 };

/** Opens a ledger that is closed when the test ends. */
export async function openAt(url: string, tuning: Tuning = {}, create = true): Promise<CopyTarget> {
  const means = { clock: systemClock, ids: randomIds };
  const ledger = await openEventStoreLedger({ url, create, ...means, ...brisk, ...tuning });
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Starts a server that is gone when the test ends. */
export async function serve(options: EventStoreOptions = {}): Promise<EventStore> {
  const server = await startEventStore(options);
  onTestFinished(() => {
    server.kill();
  });
  return server;
}

/** The server's own client, by which things are done behind the ledger's back. */
export function rawClient({ url }: Pick<EventStore, 'url'>): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(url);
  onTestFinished(() => client.dispose());
  return client;
}

export function streamOf({ id }: Pick<Ledger, 'id'>): string {
  return `isoledger-${id}`;
}

/** Appends so many batches of one entry, one after the other. */
export async function appendEach(ledger: Ledger, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await ledger.append({ events: [placed(`tenant-${String(done)}`)], actor: tester });
  }
}

/** Seqs of the entries that a subscription gives until there are `count`. */
export async function followed(
  ledger: Ledger,
  options: { after: number; count: number; onCaughtUp?: () => Promise<unknown> },
): Promise<number[]> {
  const { after, count, onCaughtUp } = options;
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const item of ledger.subscribe({ after, signal: stop.signal })) {
    if (item.kind === 'caught-up') await onCaughtUp?.();
    if (item.kind === 'entry') seen.push(item.entry.seq);
    if (seen.length >= count) stop.abort();
  }
  return seen;
}

/** The whole numbers from `first`, so many. */
export function counting(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
