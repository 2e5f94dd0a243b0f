import { expect } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { CraftedLedger } from '../../doubles/crafted-ledger.ts';
import type { History } from './history.ts';

/** The history as a ledger. */
export function ledgerOf({ batches }: Pick<History, 'batches'>): CraftedLedger {
  const entries = batches.flatMap((batch) => batch.entries);
  return new CraftedLedger(
    entries.map(({ seq, ...entry }) => {
      expect(seq).toBeGreaterThanOrEqual(0);
      return canonicalBytes(entry);
    }),
  );
}
