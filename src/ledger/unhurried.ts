import type { LedgerReader } from './port.ts';

/** A ledger whose reader waits before each entry, as for others to have their turn. */
export function unhurried(ledger: LedgerReader, turn: () => Promise<void>): LedgerReader {
  return {
    id: ledger.id,
    head: () => ledger.head(),
    subscribe: (options) => ledger.subscribe(options),
    async *read(range) {
      for await (const stored of ledger.read(range)) {
        await turn();
        yield stored;
      }
    },
  };
}
