import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import type { History } from './history.ts';

/** The history as a ledger. */
export function ledgerOf({ batches }: Pick<History, 'batches'>): CraftedLedger {
  const entries = batches.flatMap((batch) => batch.entries);
  return new CraftedLedger(
    entries.map(({ seq, ...entry }) => {
      if (seq < 0) throw new RangeError('no entry comes before the first');
      return canonicalBytes(entry);
    }),
  );
}
