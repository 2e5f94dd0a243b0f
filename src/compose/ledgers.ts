import { eventStoreStore } from '../ledger/eventstoredb/store.ts';
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

/** The forms of a ledger URL, in words. */
export const ledgerUrlForms = stores.map(({ form }) => form).join(', or ');

/** The store of a ledger URL. Throws BadConfig for a URL that names no place. */
export function storeOf(url: string): LedgerStore {
  const store = storeNamedBy(url);
  if (store !== undefined) return store;
  throw new BadConfig(`${shownUrl(url)} is no ledger URL; it has the form ${ledgerUrlForms}`);
}

/**
 * The kind of place that a ledger URL names, and the folder for state that follows from the ledger. Undefined for a
 * URL that names no place.
 */
export function storeAt(url: string): { kind: LedgerStore['kind']; derived: string } | undefined {
  const store = storeNamedBy(url);
  return store && { kind: store.kind, derived: store.derivedAt(url) };
}

/**
 * A ledger URL as it may be shown. A URL that names no place may be a misspelt one of a server, with its password.
 */
export function shownUrl(url: string): string {
  return (storeNamedBy(url) ?? servers).shown(url);
}

function storeNamedBy(url: string): LedgerStore | undefined {
  return stores.find((store) => store.names(url));
}

/**
 * True if there is a ledger at a URL already. Throws BadConfig for a text that is no ledger URL, StoreUnavailable.
 */
export async function ledgerExists(url: string): Promise<boolean> {
  return storeOf(url).exists(url);
}
