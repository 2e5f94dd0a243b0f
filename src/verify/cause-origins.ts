import type { LedgerReader } from '../ledger/port.ts';
import { replay } from '../ledger/replay.ts';
import { originOf, type Origin } from './origins.ts';

/** By seq, who recorded the entries that opened and closed windows, when and why. Throws the errors of reading a ledger. */
export async function causeOrigins(
  ledger: LedgerReader,
  seqs: Iterable<number | null | undefined>,
): Promise<ReadonlyMap<number, Origin>> {
  const wanted = new Set(seqs);
  const found = new Map<number, Origin>();
  await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) if (wanted.has(entry.seq)) found.set(entry.seq, originOf(entry));
    },
  });
  return found;
}
