import { readEnvelope, type StoredEntry } from '../../events/codec/decode.ts';
import type { Ledger } from '../ledger/port.ts';
import { settledBatches } from '../ledger/settled.ts';
import { toCloudEvent, toVoidCloudEvent } from './formats/cloudevents.ts';

/** Where in the ledger a reader of the event stream takes it up, and when it ends. */
export interface StreamRange {
  /** The last entry that the reader has; -1 for none. */
  readonly after: number;
  /** Goes on with what comes until this aborts; undefined to end at the head. */
  readonly follow: AbortSignal | undefined;
}

/** An event as CloudEvents has it, and the seq of its entry. */
interface StreamEvent {
  readonly seq: number;
  readonly event: object;
}

/**
 * The event stream for those who act on it: a batch is one instant, so that its entries are held back until it is
 * complete; those of a void batch, which have no effect, are given as such. No seq is left out, and none comes twice,
 * whichever entry a reader takes the stream up behind. Throws UnreadableEntry, and what reading a ledger throws.
 */
export async function* cloudEvents(
  ledger: Ledger,
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

/** The seq before the batch that an entry is of: whether a batch is complete is seen from its beginning on. */
async function beforeBatchOf(ledger: Ledger, seq: number): Promise<number> {
  for await (const entry of ledger.read({ after: seq - 1, to: seq }))
    return entry.seq - readEnvelope(entry).batch.index - 1;
  return seq;
}

/** The exact stored entries, void ones included, as soon as each is there. Throws what reading a ledger throws. */
export function storedEntries(ledger: Ledger, { after, follow }: StreamRange): AsyncIterable<StoredEntry> {
  return follow === undefined ? ledger.read({ after }) : following(ledger, after, follow);
}

async function* following(
  ledger: Ledger,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<StoredEntry, void, undefined> {
  for await (const item of ledger.subscribe({ after, signal })) if (item.kind === 'entry') yield item.entry;
}
