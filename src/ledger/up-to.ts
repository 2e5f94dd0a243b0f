import type { Head, LedgerReader } from './port.ts';

/** A ledger as it was when it had so many entries: later ones are not there, however often it is read. */
export function upTo(ledger: LedgerReader, head: Head): LedgerReader {
  return {
    id: ledger.id,
    head: () => Promise.resolve(head),
    read: ({ to = head.size - 1, ...range } = {}) =>
      ledger.read({ ...range, to: Math.min(to, head.size - 1) }),
    subscribe: () => {
      throw new Error('nothing comes to a ledger as it was once');
    },
  };
}
