import { readEnvelope } from '../../events/codec/decode.ts';
import type { Envelope, StoredEntry } from '../../events/entry.ts';
import { BatchAssembler } from './batches.ts';

/** A stored entry with its envelope. */
export type EnvelopedEntry = StoredEntry & { readonly envelope: Envelope };

/**
 * The entries of one batch that came to its end: complete, or void because another batch came before its count was
 * reached.
 */
export interface SettledBatch {
  readonly entries: readonly EnvelopedEntry[];
  readonly isVoid: boolean;
}

/**
 * Puts entries, given in seq order, together into batches as these settle. An unfinished batch at the end is left
 * out. Throws UnreadableEntry for an envelope that cannot be read.
 */
export async function* settledBatches(
  entries: AsyncIterable<StoredEntry>,
): AsyncGenerator<SettledBatch, void, undefined> {
  const assembler = new BatchAssembler<EnvelopedEntry & { readonly batch: Envelope['batch'] }>();
  for await (const stored of entries) {
    const envelope = readEnvelope(stored);
    for (const { items, isVoid } of assembler.take({ ...stored, envelope, batch: envelope.batch }))
      yield { entries: items, isVoid };
  }
}
