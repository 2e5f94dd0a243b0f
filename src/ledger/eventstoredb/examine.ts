import { StreamDeletedError, type StreamMetadata } from '@eventstore/db-client';
import type { Clock } from '../../runtime/clock.ts';
import { StoreUnavailable } from '../faults.ts';
import type { Retention } from '../store.ts';
import { unavailable } from './esdb-error.ts';
import { patienceOf, persist, within } from './patience.ts';
import { connect, disconnect, type Server } from './server.ts';

/** Settings in a stream's metadata, each by the client's name and the server's. */
const settings = [
  ['maxCount', '$maxCount'],
  ['maxAge', '$maxAge'],
  ['truncateBefore', '$tb'],
] as const;

/** A deletion sets truncateBefore so high: no stream has that many entries. */
const everything = 2 ** 63;

/**
 * The settings by which the streams of a ledger may lose entries; empty if they keep every entry. Only metadata is
 * read, so streams that cannot be read any more are judged too. Without an `id`, the pointer stream alone. Throws
 * BadConfig, StoreUnavailable.
 */
export async function retentionsAt(
  url: string,
  { id, clock }: { id: string | undefined; clock: Clock },
): Promise<Retention[]> {
  const server = connect(url, clock);
  try {
    const found: (Retention | undefined)[] = [await retentionOf(server, server.pointerStream)];
    if (id !== undefined) found.push(await retentionOf(server, `isoledger-${id}`));
    return found.filter((retention) => retention !== undefined);
  } finally {
    await disconnect(server);
  }
}

async function retentionOf({ client, place, clock }: Server, stream: string): Promise<Retention | undefined> {
  const patience = patienceOf({ clock });
  const where = `stream ${stream} on ${place}`;
  try {
    const { metadata = {} } = await persist(where, patience, {
      attempt: () => within(patience, client.getStreamMetadata(stream)),
    });
    const set = wordsFor(metadata);
    return set === undefined ? undefined : { words: `stream ${stream} ${set}`, isFinal: false };
  } catch (error) {
    if (error instanceof StreamDeletedError)
      return { words: `stream ${stream} was deleted for good`, isFinal: true };
    throw error instanceof StoreUnavailable ? error : unavailable(where, error);
  }
}

function wordsFor(metadata: StreamMetadata): string | undefined {
  if (Number(metadata.truncateBefore ?? 0) >= everything)
    return 'was deleted, which hides all of its entries';
  const set = settings.flatMap(([name, shown]) => {
    const value = metadata[name];
    return value === undefined ? [] : [`${shown} ${String(value)}`];
  });
  if (set.length === 0) return undefined;
  return `has ${set.join(' and ')} in its metadata, by which the server lets entries go`;
}
