import { readEnvelope, type StoredEntry } from '../../events/codec/decode.ts';
import type { Envelope } from '../../events/entry.ts';

/** Entries of one batch that came to its end: complete, or void since another batch followed before its count was reached. */
export interface SettledBatch {
  readonly entries: readonly (StoredEntry & { readonly envelope: Envelope })[];
  readonly isVoid: boolean;
}

/**
 * Puts entries, given in seq order, together into batches as they settle; an unfinished one at the end is left out.
 * Throws UnreadableEntry for an envelope that cannot be read.
 */
export async function* settledBatches(
  entries: AsyncIterable<StoredEntry>,
): AsyncGenerator<SettledBatch, void, undefined> {
  let open: SettledBatch['entries'][number][] = [];
  for await (const stored of entries) {
    const entry = { ...stored, envelope: readEnvelope(stored) };
    const [first] = open;
    if (first !== undefined && first.envelope.batch.id !== entry.envelope.batch.id) {
      yield { entries: open, isVoid: true };
      open = [];
    }
    open.push(entry);
    if (open.length < entry.envelope.batch.count) continue;
    yield { entries: open, isVoid: false };
    open = [];
  }
}
