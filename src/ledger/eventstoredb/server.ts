import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { StoreUnavailable } from '../faults.ts';
import { unavailable } from './esdb-error.ts';

/** A server or cluster, and which of its ledgers is meant. */
export interface Server {
  readonly client: EventStoreDBClient;
  /** The server in words, without user and password. */
  readonly place: string;
  /** The stream whose one event says which ledger it is, and so the name of its stream. */
  readonly pointerStream: string;
}

/** `ledger=NAME`: not the client's word but ours, for a server that holds several ledgers. */
const ledgerParameter = /([?&])ledger=([^&]*)(&|$)/;

/**
 * The server of a ledger URL. Throws StoreUnavailable for one that the client cannot read, that names a ledger otherwise
 * than in a-z, 0-9 and `-`, or that would have a conflict go unnoticed.
 */
export function connect(url: string): Server {
  const place = `the server of ${withoutSecrets(url)}`;
  if (/[?&]throwOnAppendFailure=false/i.test(url))
    throw new StoreUnavailable(`${withoutSecrets(url)}: throwOnAppendFailure must stay true, leave it out`);
  const name = ledgerParameter.exec(url)?.[2];
  if (name !== undefined && !/^[a-z0-9-]{1,63}$/.test(name))
    throw new StoreUnavailable(`${withoutSecrets(url)}: ledger=NAME takes a-z, 0-9 and -, at most 63`);
  try {
    const client = EventStoreDBClient.connectionString(withoutLedger(url));
    return { client, place, pointerStream: name === undefined ? 'isoledger' : `isoledger:${name}` };
  } catch (cause) {
    throw unavailable(place, cause);
  }
}

/** How long a client is given to end its calls, in milliseconds. */
const disposeMilliseconds = 250;

/**
 * Ends a client. One of its calls that was given up may never tell that it has ended, and nothing then keeps the process
 * alive to wait for it: so it is not waited for long.
 */
export async function disconnect(client: Pick<EventStoreDBClient, 'dispose'>): Promise<void> {
  const stop = new AbortController();
  const timeIsUp = sleep(disposeMilliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  await Promise.race([client.dispose(), timeIsUp]);
  stop.abort();
}

function withoutLedger(url: string): string {
  return url.replace(ledgerParameter, (_, before: string, _name, after: string) =>
    after === '&' ? before : '',
  );
}

/** A ledger URL as it may be shown: without user and password. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/?]*@/, '//');
}
