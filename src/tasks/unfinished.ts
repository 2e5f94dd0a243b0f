import type { LedgerReader } from '../ledger/port.ts';
import { settledBatches } from '../ledger/settled.ts';

/** Entries that take no effect: the batch that is still being written at the head, and batches that never will be finished. */
export interface Unfinished {
  /** How many entries of the last batch are there, where it has not all of them. */
  readonly pending: number;
  readonly voidBatches: readonly { readonly first: number; readonly last: number }[];
}

export async function unfinishedIn(ledger: LedgerReader): Promise<Unfinished> {
  const { size } = await ledger.head();
  const voidBatches: { first: number; last: number }[] = [];
  let settled = 0;
  for await (const { entries, isVoid } of settledBatches(ledger.read({ to: size - 1 }))) {
    if (isVoid) voidBatches.push({ first: settled, last: settled + entries.length - 1 });
    settled += entries.length;
  }
  return { pending: size - settled, voidBatches };
}
