import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { BadConfig } from '../../runtime/config.ts';
import { copyEntries } from '../copy.ts';
import { LedgerDamaged, LedgerForked } from '../faults.ts';
import type { FillNewFile, HowToOpen, LedgerStore, PlaceExamination, StoredLedger } from '../store.ts';
import { retentionsAt } from './examine.ts';
import { withoutSecrets } from './ledger-url.ts';
import { ledgerIdOf, openEventStoreLedger, type EventStoreLedgerOptions } from './ledger.ts';
import { isFurtherName, requireTwoStreams } from './two-streams.ts';

/** Backups are files: another adapter makes them. */
type Means = Pick<EventStoreLedgerOptions, 'clock' | 'ids'> & { readonly fillNewFile: FillNewFile };

/**
 * Ledgers on servers and clusters, `esdb://HOST:PORT`. State that follows from a ledger lies in `.isoledger/ID`,
 * below the folder that a command is given in.
 */
export function eventStoreStore(means: Means): LedgerStore {
  return {
    kind: 'server',
    form: 'esdb://HOST:PORT',
    names: (url) => /^esdb(\+discover)?:\/\/./.test(url),
    shown: withoutSecrets,
    derivedAt: () => derivedOf('ID'),
    exists: async (url) => (await ledgerIdOf(url, means.clock)) !== undefined,
    open: (url, how) => open(url, how, means),
    examine: (url) => examine(url, means),
    restore: (url, { file }) => Promise.reject(noBackups(url, file)),
    requireTwoPlaces: (urls, { id }) => requireTwoStreams(urls, { id, clock: means.clock }),
    isFurtherName: (url, { id }) => isFurtherName(url, { id, clock: means.clock }),
  };
}

function derivedOf(id: string): string {
  return join('.isoledger', id);
}

async function open(
  url: string,
  { create, copyOf }: HowToOpen,
  { clock, ids, fillNewFile }: Means,
): Promise<StoredLedger> {
  if (copyOf !== undefined && (await ledgerIdOf(url, clock)) === undefined)
    await copyOf.accept(derivedOf(copyOf.id));
  const ledger = await openEventStoreLedger({ url, create, idOfNew: copyOf?.id, clock, ids });
  return {
    ledger,
    derived: derivedOf(ledger.id),
    setAside: [],
    backUp: (to, onProgress) =>
      fillNewFile({ to, ledger: ledger.id }, (target) =>
        copyEntries({ from: ledger, to: target }, (progress) => {
          onProgress({ step: 'copying', ...progress });
        }),
      ),
  };
}

async function examine(url: string, { clock, ids }: Means): Promise<PlaceExamination> {
  const { id, isThere } = await identify(url, clock);
  return {
    where: withoutSecrets(url),
    isThere,
    file: undefined,
    derived: derivedOf(id ?? ''),
    companions: [],
    retentions: () => retentionsAt(url, { id, clock }),
    open: async () => ({
      ledger: await openEventStoreLedger({ url, create: false, clock, ids }),
      guards: undefined,
      wasDisturbed: () => false,
    }),
  };
}

/** A ledger whose server no longer says which one it is counts as there: opening it shows the fault. */
async function identify(url: string, clock: Clock): Promise<{ id: string | undefined; isThere: boolean }> {
  try {
    const id = await ledgerIdOf(url, clock);
    return { id, isThere: id !== undefined };
  } catch (error) {
    if (error instanceof LedgerForked || error instanceof LedgerDamaged)
      return { id: undefined, isThere: true };
    throw error;
  }
}

function noBackups(url: string, file: string): BadConfig {
  const shown = withoutSecrets(url);
  return new BadConfig(
    `${shown} is a server: isoledger ledger copy sqlite:${file} ${shown} brings a backup there`,
  );
}
