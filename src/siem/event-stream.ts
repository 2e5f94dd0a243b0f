import { readEnvelope } from '../../events/codec/decode.ts';
import type { StoredEntry } from '../../events/entry.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { settledBatches } from '../ledger/settled.ts';
import { toCloudEvent, toVoidCloudEvent } from './formats/cloudevents.ts';

/** The part of the ledger that a reader of the event stream is given. */
export interface StreamRange {
  /** The last entry that the reader has; -1 for none. */
  readonly after: number;
  /** Goes on with new entries until this aborts; undefined to end at the head. */
  readonly follow: AbortSignal | undefined;
}

/** An event in the form of CloudEvents, and the seq of its entry. */
interface StreamEvent {
  readonly seq: number;
  readonly event: object;
}

/**
 * The event stream, for systems that act on it. A batch is one instant, so its entries come when it is complete.
 * Entries of a void batch, which have no effect, are marked as such. No seq is left out, and none comes twice,
 * whichever entry a reader begins behind. Throws UnreadableEntry, and the errors of reading a ledger.
 */
export async function* cloudEvents(
  ledger: LedgerReader,
  { after, follow }: StreamRange,
): AsyncGenerator<StreamEvent, void, undefined> {
  const start = await beforeBatchOf(ledger, after);
  const entries = storedEntries(ledger, { after: start, follow });
  for await (const { entries: batch, isVoid } of settledBatches(entries)) {
    for (const entry of batch) {
      if (entry.seq <= after) continue;
      const event = isVoid
        ? toVoidCloudEvent(ledger.id, entry)
        : toCloudEvent(ledger.id, { seq: entry.seq, bytes: entry.bytes });
      yield { seq: entry.seq, event };
    }
  }
}

/** The seq before the batch of an entry. Only from its beginning on can a batch be seen to be complete. */
async function beforeBatchOf(ledger: LedgerReader, seq: number): Promise<number> {
  for await (const entry of ledger.read({ after: seq - 1, to: seq }))
    return entry.seq - readEnvelope(entry).batch.index - 1;
  return seq;
}

/** The exact stored entries, void ones included, as soon as each is there. Throws the errors of reading a ledger. */
export function storedEntries(
  ledger: LedgerReader,
  { after, follow }: StreamRange,
): AsyncIterable<StoredEntry> {
  return follow === undefined ? ledger.read({ after }) : following(ledger, after, follow);
}

async function* following(
  ledger: LedgerReader,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<StoredEntry, void, undefined> {
  for await (const item of ledger.subscribe({ after, signal })) if (item.kind === 'entry') yield item.entry;
}
