import { eventStoreStore } from '../ledger/eventstoredb/store.ts';
import type { CopyTarget, Ledger } from '../ledger/port.ts';
import { fillNewFile } from '../ledger/sqlite/backup.ts';
import { sqliteStore } from '../ledger/sqlite/store.ts';
import type { LedgerStore } from '../ledger/store.ts';
import { systemClock } from '../runtime/clock.ts';
import { BadConfig } from '../runtime/config.ts';
import { randomIds } from '../runtime/ids.ts';

const means = { clock: systemClock, ids: randomIds };
const files = sqliteStore(means);
const servers = eventStoreStore({
  ...means,
  fillNewFile: (at, fill) => fillNewFile({ ...means, ...at }, fill),
});
const stores: readonly LedgerStore[] = [files, servers];

/** The store of a ledger URL. Throws BadConfig for a URL that names no place. */
export function storeOf(url: string): LedgerStore {
  const store = storeNamedBy(url);
  if (store !== undefined) return store;
  const forms = stores.map(({ form }) => form).join(', or ');
  throw new BadConfig(`${shownUrl(url)} is no ledger URL; it has the form ${forms}`);
}

/** The kind of place that a ledger URL names, and where what follows from the ledger lies; undefined for one that names none. */
export function storeAt(url: string): { kind: LedgerStore['kind']; derived: string } | undefined {
  const store = storeNamedBy(url);
  return store && { kind: store.kind, derived: store.derivedAt(url) };
}

/** A ledger URL as it may be shown. One that names no place may be a server's that is misspelt, with its password. */
export function shownUrl(url: string): string {
  return (storeNamedBy(url) ?? servers).shown(url);
}

function storeNamedBy(url: string): LedgerStore | undefined {
  return stores.find((store) => store.names(url));
}

/** Whether there is a ledger at a URL already. Throws BadConfig for a URL that is none, StoreUnavailable. */
export async function ledgerExists(url: string): Promise<boolean> {
  return storeOf(url).exists(url);
}

/** A ledger, and the one that is to become its copy. */
export interface Pair {
  readonly from: Ledger;
  readonly to: CopyTarget;
  /** Whether the URL of the second one became a further name of a ledger that its place held already. */
  readonly isAlias: boolean;
}

/**
 * Opens two ledgers, of which the second is to become a copy of the first: it is made where there is none, and then has
 * the same id. Throws BadConfig, NothingToCopy where both are one ledger in one place, and what opening throws.
 */
export async function openPair(urls: { from: string; to: string }): Promise<Pair> {
  const [source, target] = [storeOf(urls.from), storeOf(urls.to)];
  const { ledger: from } = await source.open(urls.from, { create: false });
  try {
    // A seeming copy that is the original by another name would be lost along with it.
    if (source === target) await target.requireTwoPlaces(urls, from);
    const isAlias = await target.isFurtherName(urls.to, from);
    const { ledger: to } = await target.open(urls.to, { create: true, copyOf: from.id });
    return { from, to, isAlias };
  } catch (error) {
    await from.close();
    throw error;
  }
}
