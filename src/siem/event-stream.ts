import { readEnvelope } from '../../events/codec/decode.ts';
import type { Envelope } from '../../events/entry.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { checkedEntries, type CheckedRange } from '../ledger/checked-entries.ts';
import { settledBatches } from '../ledger/settled.ts';
import { toCloudEvent, toVoidCloudEvent } from './formats/cloudevents.ts';

/** An event in the form of CloudEvents, and the seq of its entry. */
export interface StreamEvent {
  readonly seq: number;
  /** What tells whom and what it is about, also where it has no effect. */
  readonly about: Pick<Envelope, 'type' | 'tenant' | 'subject' | 'data'>;
  readonly event: object;
}

/**
 * The event stream, for systems that act on it. A batch is one instant, so its entries come when it is complete.
 * Entries of a void batch, which have no effect, are marked as such. No seq is left out, and none comes twice,
 * whichever entry a reader begins behind. Throws UnreadableEntry, and the errors of checkedEntries.
 */
export async function* cloudEvents(
  ledger: LedgerReader,
  { after, ...range }: CheckedRange,
): AsyncGenerator<StreamEvent, void, undefined> {
  const start = await beforeBatchOf(ledger, after);
  const entries = checkedEntries(ledger, { after: start, ...range });
  for await (const { entries: batch, isVoid } of settledBatches(entries)) {
    for (const entry of batch) {
      if (entry.seq <= after) continue;
      const event = isVoid
        ? toVoidCloudEvent(ledger.id, entry)
        : toCloudEvent(ledger.id, { seq: entry.seq, bytes: entry.bytes });
      yield { seq: entry.seq, about: entry.envelope, event };
    }
  }
}

/** The seq before the batch of an entry. Only from its beginning on can a batch be seen to be complete. */
async function beforeBatchOf(ledger: LedgerReader, seq: number): Promise<number> {
  for await (const entry of ledger.read({ after: seq - 1, to: seq }))
    return entry.seq - readEnvelope(entry).batch.index - 1;
  return seq;
}
