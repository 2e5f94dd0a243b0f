import { copyEntries, type CopiedEntries } from '../ledger/copy.ts';
import type { CopyTarget, Ledger } from '../ledger/port.ts';
import type { StoreOf } from '../ledger/store.ts';

/** The result of a copy. */
export interface LedgerCopied extends CopiedEntries {
  /** The id of both ledgers. */
  readonly ledger: string;
  /** Whether the URL of the copy became a further name of a ledger that its place held already. */
  readonly isAlias: boolean;
}

interface LedgerCopy {
  readonly from: string;
  readonly to: string;
  readonly onProgress: (progress: { done: number; of: number }) => void;
}

/**
 * Brings the ledger of one URL to another URL: a ledger of the same id is made there, or an earlier copy is brought up to
 * date. Throws BadConfig, NothingToCopy where both are one ledger in one place, and what opening and copying throw.
 */
export async function copyLedger(
  storeOf: StoreOf,
  { onProgress, ...urls }: LedgerCopy,
): Promise<LedgerCopied> {
  const { from, to, isAlias } = await openBoth(storeOf, urls);
  try {
    const { size, root, before } = await copyEntries({ from, to }, onProgress);
    return { ledger: from.id, size, root, before, isAlias };
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

async function openBoth(
  storeOf: StoreOf,
  urls: Pick<LedgerCopy, 'from' | 'to'>,
): Promise<{ from: Ledger; to: CopyTarget; isAlias: boolean }> {
  const [source, target] = [storeOf(urls.from), storeOf(urls.to)];
  const { ledger: from } = await source.open(urls.from, { create: false, asksOnly: true });
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
