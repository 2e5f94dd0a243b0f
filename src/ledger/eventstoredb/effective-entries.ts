import { readEnvelope } from '../../../events/codec/decode.ts';
import type { Envelope, StoredEntry } from '../../../events/entry.ts';
import { BatchAssembler } from '../batches.ts';
import { liesUnder } from '../conditions.ts';
import type { Filter } from '../port.ts';

/** Keeps entries back until their batch is complete. Entries of a void batch never come out. */
export class EffectiveEntries {
  readonly #batches = new BatchAssembler<Envelope & { seq: number; stored: StoredEntry }>();

  /** Takes the next entry in seq order. Returns the entries that take effect with it and pass the filter. */
  take(stored: StoredEntry, { subjects }: Filter): readonly StoredEntry[] {
    return this.#batches
      .take({ ...readEnvelope(stored), seq: stored.seq, stored })
      .flatMap(({ items, isVoid }) => (isVoid ? [] : items))
      .filter(({ subject }) => subjects.some((prefix) => liesUnder(subject, prefix)))
      .map((item) => item.stored);
  }
}
