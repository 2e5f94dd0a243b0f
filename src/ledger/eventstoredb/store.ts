import { BadConfig } from '../../runtime/config.ts';
import { withoutSecrets } from '../shown-url.ts';
import type { LedgerStore } from '../store.ts';
import { derivedOf } from './derived.ts';
import type { Means } from './place.ts';

/** The client of the server takes longer to load than most commands on a file need: it comes with the first call. */
const place = (): Promise<typeof import('./place.ts')> => import('./place.ts');

/**
 * Ledgers on servers and clusters, `esdb://HOST:PORT`. State that follows from a ledger lies in `.isoledger/ID`,
 * below the folder that a command is given in.
 */
export function eventStoreStore(means: Means): LedgerStore {
  const { clock } = means;
  return {
    kind: 'server',
    form: 'esdb://HOST:PORT',
    names: (url) => /^esdb(\+discover)?:\/\/./.test(url),
    shown: withoutSecrets,
    derivedAt: () => derivedOf('ID'),
    exists: async (url) => (await (await place()).ledgerIdOf(url, clock)) !== undefined,
    open: async (url, how) => (await place()).open(url, how, means),
    examine: async (url) => (await place()).examine(url, means),
    restore: (url, { file }) => Promise.reject(noBackups(url, file)),
    requireTwoPlaces: async (urls, { id }) => (await place()).requireTwoStreams(urls, { id, clock }),
    isFurtherName: async (url, { id }) => (await place()).isFurtherName(url, { id, clock }),
  };
}

function noBackups(url: string, file: string): BadConfig {
  const shown = withoutSecrets(url);
  return new BadConfig(
    `${shown} is a server: isoledger ledger copy sqlite:${file} ${shown} brings a backup there`,
  );
}
