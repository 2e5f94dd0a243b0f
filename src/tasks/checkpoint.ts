import type { Head, LedgerReader } from '../ledger/port.ts';
import { replay, rootOf } from '../ledger/replay.ts';

/**
 * How many entries of settled batches there are, and the Merkle root over their bytes. The ledger is read from end to end and
 * not only asked: entries that do not give its root are refused. Throws what replay throws.
 */
export async function checkpoint(ledger: LedgerReader): Promise<Head> {
  const cursor = await replay(ledger, { onBatch: () => undefined });
  return { size: cursor.size, root: rootOf(cursor) };
}
