import type { Clock } from '../../runtime/clock.ts';
import { BadConfig } from '../../runtime/config.ts';
import { cannotBeRead, readLedgerUrl } from './ledger-url.ts';
import { RenewableClient } from './renewable-client.ts';

/** A server or cluster, and the pointer to one of its ledgers. */
export interface Server {
  readonly client: RenewableClient;
  /** The server in words, without user and password. */
  readonly place: string;
  /** The stream whose only event says which ledger it is, and so the name of its stream. */
  readonly pointerStream: string;
  readonly clock: Clock;
}

/** The server of a ledger URL. Throws BadConfig for a URL that cannot be used. */
export function connect(url: string, clock: Clock): Server {
  const read = readLedgerUrl(url);
  try {
    const client = new RenewableClient(read.forClient);
    const pointerStream = read.name === undefined ? 'isoledger' : `isoledger:${read.name}`;
    return { client, place: `the server of ${read.shown}`, pointerStream, clock };
  } catch (cause) {
    throw new BadConfig(`${read.shown}: ${cannotBeRead}`, { cause });
  }
}

/** The time that a client has to end its calls, in milliseconds. */
const disposeMilliseconds = 250;

/**
 * Ends a client. A call that was given up may never report its end, and does not keep the process alive: so the wait
 * is short.
 */
export async function disconnect({ client, clock }: Pick<Server, 'client' | 'clock'>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([client.dispose(), clock.sleep(disposeMilliseconds, stop.signal)]);
  stop.abort();
}
