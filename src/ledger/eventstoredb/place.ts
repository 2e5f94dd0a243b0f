import { copyEntries } from '../copy.ts';
import { LedgerDamaged, LedgerForked } from '../faults.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withoutSecrets } from '../shown-url.ts';
import type { FillNewFile, HowToOpen, PlaceExamination, StoredLedger } from '../store.ts';
import { derivedOf } from './derived.ts';
import { retentionsAt } from './examine.ts';
import { ledgerIdOf, openEventStoreLedger, type EventStoreLedgerOptions } from './ledger.ts';
import { isFurtherName, requireTwoStreams } from './two-streams.ts';

export { ledgerIdOf, isFurtherName, requireTwoStreams };

/** Backups are files: another adapter makes them. */
export type Means = Pick<EventStoreLedgerOptions, 'clock' | 'ids'> & { readonly fillNewFile: FillNewFile };

/** Opens a ledger on a server, as LedgerStore says. */
export async function open(
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
    file: undefined,
    setAside: [],
    backUp: (to, onProgress) =>
      fillNewFile({ to, ledger: ledger.id }, (target) =>
        copyEntries({ from: ledger, to: target }, (progress) => {
          onProgress({ step: 'copying', ...progress });
        }),
      ),
  };
}

/** Looks at a place on a server, as LedgerStore says. */
export async function examine(url: string, { clock, ids }: Means): Promise<PlaceExamination> {
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
