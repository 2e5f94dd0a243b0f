import { copyEntries, type CopiedEntries } from '../ledger/copy.ts';
import { placesIn } from '../ledger/derived.ts';
import type { Ledger } from '../ledger/port.ts';
import type { StoredLedger, StoreOf } from '../ledger/store.ts';
import { categoryOf, Fault, type FaultCategory } from '../runtime/errors.ts';
import { notCompared } from './kept-check.ts';
import { confirmSeen } from './workspace.ts';

/** The result of a copy. */
export interface LedgerCopied extends CopiedEntries {
  /** The id of both ledgers. */
  readonly ledger: string;
  /** Whether the URL of the copy became a further name of a ledger that its place held already. */
  readonly isAlias: boolean;
  /** The new paths of what a lost ledger left in the way of the copy. */
  readonly setAside: readonly string[];
}

interface LedgerCopy {
  readonly from: string;
  readonly to: string;
  readonly onProgress: (progress: { done: number; of: number }) => void;
  /** Hears, in words, that what was seen of the original could not be compared with it. */
  readonly onNotCompared: (words: string) => void;
}

/** A ledger that lacks what was seen of it, at its own place or at that of its copy: nothing was copied. `derived`: where that is kept. */
export class CopyRefused extends Fault {
  readonly code = 'CopyRefused';
  readonly category: FaultCategory;
  readonly derived: string;
  override readonly cause: Error;

  constructor({ from, derived, cause }: { from: string; derived: string; cause: Error }) {
    super(`${from} was not copied: ${cause.message}`);
    this.category = categoryOf(cause);
    this.derived = derived;
    this.cause = cause;
  }
}

/**
 * Brings the ledger of one URL to another URL: a ledger of the same id is made there, or an earlier copy is brought up to
 * date. As for any other command, the original must hold all that was seen of it. Throws CopyRefused, BadConfig, NothingToCopy where both are one ledger in one place, and what opening and copying
 * throw.
 */
export async function copyLedger(
  storeOf: StoreOf,
  { onProgress, onNotCompared, ...urls }: LedgerCopy,
): Promise<LedgerCopied> {
  const { from, stored, isAlias, confirm } = await openBoth(storeOf, { ...urls, onNotCompared });
  const { ledger: to, derived, setAside } = stored;
  try {
    // A copy that holds more than the original is refused as that, and so first.
    if ((await to.head()).size <= (await from.head()).size) await confirm(derived);
    const { size, root, before } = await copyEntries({ from, to }, onProgress);
    return { ledger: from.id, size, root, before, isAlias, setAside };
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

interface Both {
  readonly from: Ledger;
  readonly stored: StoredLedger;
  readonly isAlias: boolean;
  readonly confirm: (derived: string) => Promise<void>;
}

async function openBoth(
  storeOf: StoreOf,
  { onNotCompared, ...urls }: Omit<LedgerCopy, 'onProgress'>,
): Promise<Both> {
  const [source, target] = [storeOf(urls.from), storeOf(urls.to)];
  const { ledger: from, derived } = await source.open(urls.from, { create: false, asksOnly: true });
  try {
    await confirmation(from, source.shown(urls.from))(derived);
    const unseen = notCompared({ ledger: from, statePath: placesIn(derived).statePath });
    if (unseen !== undefined) onNotCompared(unseen);
    // A seeming copy that is the original by another name would be lost along with it.
    if (source === target) await target.requireTwoPlaces(urls, from);
    const isAlias = await target.isFurtherName(urls.to, from);
    const confirm = confirmation(from, source.shown(urls.from));
    const accept = isAlias ? (): Promise<void> => Promise.resolve() : confirm;
    const stored = await target.open(urls.to, { create: true, copyOf: { id: from.id, accept } });
    return { from, stored, isAlias, confirm };
  } catch (error) {
    await from.close();
    throw error;
  }
}

/** Makes sure, once, that a ledger holds all that was seen at a place: its own, or that of its copy. Throws CopyRefused. */
function confirmation(ledger: Ledger, from: string): (derived: string) => Promise<void> {
  let isDone = false;
  return async (derived) => {
    if (isDone) return;
    try {
      await confirmSeen({ ledger, statePath: placesIn(derived).statePath }, { whole: true });
      isDone = true;
    } catch (cause) {
      throw cause instanceof Error ? new CopyRefused({ from, derived, cause }) : cause;
    }
  };
}
