import { LedgerDamaged } from '../faults.ts';
import type { Ledger } from '../port.ts';
import { unavailable } from './esdb-error.ts';
import { openEventStoreLedger, type EventStoreLedgerOptions } from './ledger.ts';
import { connect, disconnect } from './server.ts';

/** A ledger that is open to be looked at, and whether its stream is set up to keep every entry. */
export interface ExaminedStream {
  readonly ledger: Ledger;
  /** Throws LedgerDamaged where the store is told to let entries go. */
  requireDefinitions(): Promise<void>;
  /** There is nothing beside the entries that could contradict them. */
  requireConsistent(): void;
  wasDisturbed(): boolean;
}

/** What makes a store let go of entries, by name in a stream's metadata. */
const retention = ['maxAge', 'maxCount', 'truncateBefore'] as const;

/** Opens what is there and writes nothing. Throws what openEventStoreLedger throws. */
export async function examineEventStore(
  options: Omit<EventStoreLedgerOptions, 'create'>,
): Promise<ExaminedStream> {
  const ledger = await openEventStoreLedger({ ...options, create: false });
  return {
    ledger,
    requireDefinitions: () => requireKept(options.url, `isoledger-${ledger.id}`),
    requireConsistent: () => undefined,
    wasDisturbed: () => false,
  };
}

async function requireKept(url: string, stream: string): Promise<void> {
  const { client } = connect(url);
  try {
    const { metadata = {} } = await client.getStreamMetadata(stream);
    const set = retention.filter((name) => metadata[name] !== undefined);
    if (set.length === 0) return;
    throw new LedgerDamaged(
      `stream ${stream} has ${set.join(' and ')} in its metadata, by which the server lets entries go: take that away`,
    );
  } catch (error) {
    throw error instanceof LedgerDamaged ? error : unavailable(`stream ${stream}`, error);
  } finally {
    await disconnect(client);
  }
}
