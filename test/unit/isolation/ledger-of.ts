import { canonicalBytes } from '../../../events/codec/canonical.ts';
import type { Entry } from '../../../events/entry.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import type { History } from './history.ts';

/** Of each entry: most histories are asked about many times. */
const known = new WeakMap<Entry, Uint8Array>();

/** The history as a ledger. */
export function ledgerOf({ batches }: Pick<History, 'batches'>): CraftedLedger {
  const entries = batches.flatMap((batch) => batch.entries);
  // A copy, which whoever has the ledger may change.
  return new CraftedLedger(entries.map((entry) => bytesOf(entry).slice()));
}

function bytesOf(entry: Entry): Uint8Array {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const { seq, ...stored } = entry;
  if (seq < 0) throw new RangeError('no entry comes before the first');
  const bytes = canonicalBytes(stored);
  known.set(entry, bytes);
  return bytes;
}
