import { readEnvelope } from '../../events/codec/decode.ts';
import type { Envelope, StoredEntry } from '../../events/entry.ts';
import { checkedEntries, type CheckedRange } from '../ledger/checked-entries.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { settledBatches } from '../ledger/settled.ts';

/** An entry of a batch that came to its end. */
export interface StreamEntry {
  readonly seq: number;
  readonly stored: StoredEntry;
  /** What tells whom and what it is about, also where it has no effect. */
  readonly envelope: Envelope;
  /** Its batch was never completed: it keeps its place in the sequence, and states no fact. */
  readonly isVoid: boolean;
  /** The id of the entry before it, where that is known: none comes before the first. */
  readonly previous?: string | undefined;
}

/**
 * The event stream, for systems that act on it. A batch is one instant, so its entries come when it is complete.
 * Entries of a void batch, which have no effect, are marked as such. No seq is left out, and none comes twice,
 * whichever entry a reader begins behind. Throws UnreadableEntry, and the errors of checkedEntries.
 */
export async function* streamEntries(
  ledger: LedgerReader,
  { after, ...range }: CheckedRange,
): AsyncGenerator<StreamEntry, void, undefined> {
  const start = await beforeBatchOf(ledger, after);
  const entries = checkedEntries(ledger, { after: start, ...range });
  let previous: string | undefined;
  for await (const { entries: batch, isVoid } of settledBatches(entries)) {
    for (const { seq, bytes, envelope } of batch) {
      if (seq > after) yield { seq, stored: { seq, bytes }, envelope, isVoid, previous };
      previous = envelope.id;
    }
  }
}

/** The seq before the batch of an entry. Only from its beginning on can a batch be seen to be complete. */
async function beforeBatchOf(ledger: LedgerReader, seq: number): Promise<number> {
  for await (const entry of ledger.read({ after: seq - 1, to: seq }))
    return entry.seq - readEnvelope(entry).batch.index - 1;
  return seq;
}
