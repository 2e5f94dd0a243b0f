import { decodeEntry } from '../../../events/codec/decode.ts';
import type { LedgerReader } from '../../ledger/port.ts';

/** The entries that somebody decided not to deliver to a sink, by seq: the id of each. */
export type SkippedEntries = ReadonlyMap<number, string>;

/** What was decided of a sink so far. Throws UnreadableEntry, StoreUnavailable. */
export async function skippedFor(ledger: LedgerReader, sink: string): Promise<SkippedEntries> {
  const skipped = new Map<number, string>();
  for await (const stored of ledger.read({ filter: { subjects: [`sink/${sink}`] } })) {
    const entry = decodeEntry(stored);
    if (entry.type === 'EntrySkipped') skipped.set(entry.data.seq, entry.data.entry);
  }
  return skipped;
}
