import { setTimeout as sleep } from 'node:timers/promises';
import { BadConfig } from '../../runtime/config.ts';
import { RenewableClient } from './renewable-client.ts';

/** A server or cluster, and which of its ledgers is meant. */
export interface Server {
  readonly client: RenewableClient;
  /** The server in words, without user and password. */
  readonly place: string;
  /** The stream whose one event says which ledger it is, and so the name of its stream. */
  readonly pointerStream: string;
}

/** `ledger=NAME`: not the client's word but ours, for a server that holds several ledgers. */
const ledgerOption = 'ledger';

/** What the client knows. It ignores anything else, with a warning that shows the whole URL. */
const clientOptions = [
  ...['connectionName', 'defaultDeadline', 'discoveryInterval', 'dnsDiscover', 'gossipTimeout'],
  ...[
    'keepAliveInterval',
    'keepAliveTimeout',
    'maxDiscoverAttempts',
    'nodePreference',
    'throwOnAppendFailure',
  ],
  ...['tls', 'tlsCAFile', 'tlsVerifyCert', 'userCertFile', 'userKeyFile'],
] as const;

/**
 * The server of a ledger URL. Throws BadConfig for one that the client cannot read, that has an option nobody knows or one
 * twice, that names a ledger otherwise than in a-z, 0-9 and `-`, or that would have a conflict go unnoticed.
 */
export function connect(url: string): Server {
  const shown = withoutSecrets(url);
  const options = optionsOf(url);
  const bad = (what: string, cause?: unknown): BadConfig => new BadConfig(`${shown}: ${what}`, { cause });
  for (const [index, [key]] of options.entries()) {
    if (![...clientOptions, ledgerOption].includes(key))
      throw bad(`there is no option ${key}; there are ${[ledgerOption, ...clientOptions].join(', ')}`);
    if (options.findIndex(([other]) => other === key) < index) throw bad(`${key} is given twice`);
  }
  const given = new Map(options);
  if (given.get('throwOnAppendFailure') === 'false')
    throw bad('throwOnAppendFailure must stay true, leave it out');
  const name = given.get(ledgerOption);
  if (name !== undefined && !/^[a-z0-9-]{1,63}$/.test(name))
    throw bad('ledger=NAME takes a-z, 0-9 and -, from 1 to 63 of them');
  try {
    const client = new RenewableClient(withoutLedger(url, options));
    const pointerStream = name === undefined ? 'isoledger' : `isoledger:${name}`;
    return { client, place: `the server of ${shown}`, pointerStream };
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message.replaceAll(url, shown) : 'it cannot be read', cause);
  }
}

/** What stands behind the `?`, in order. */
function optionsOf(url: string): [key: string, value: string][] {
  const [, query = ''] = url.split('?', 2);
  return query
    .split('&')
    .filter((option) => option !== '')
    .map((option) => {
      const [key = '', value = ''] = option.split('=', 2);
      return [key, value];
    });
}

/** How long a client is given to end its calls, in milliseconds. */
const disposeMilliseconds = 250;

/**
 * Ends a client. One of its calls that was given up may never tell that it has ended, and nothing then keeps the process
 * alive to wait for it: so it is not waited for long.
 */
export async function disconnect(client: RenewableClient): Promise<void> {
  const stop = new AbortController();
  const timeIsUp = sleep(disposeMilliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
  await Promise.race([client.dispose(), timeIsUp]);
  stop.abort();
}

function withoutLedger(url: string, options: readonly (readonly [string, string])[]): string {
  const [base = ''] = url.split('?', 1);
  const rest = options.filter(([key]) => key !== ledgerOption).map(([key, value]) => `${key}=${value}`);
  return rest.length === 0 ? base : `${base}?${rest.join('&')}`;
}

/** A ledger URL as it may be shown: without user and password. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/?]*@/, '//');
}
