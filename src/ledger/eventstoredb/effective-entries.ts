import { readEnvelope, type StoredEntry } from '../../../events/codec/decode.ts';
import type { Filter } from '../port.ts';
import { liesUnder } from '../conditions.ts';

/** Keeps entries back until their batch is complete. Entries of a void batch never come out. */
export class EffectiveEntries {
  #batch: string | undefined;
  #pending: StoredEntry[] = [];

  /** Takes the next entry in seq order. Returns the entries that take effect with it and pass the filter. */
  take(entry: StoredEntry, { subjects }: Filter): readonly StoredEntry[] {
    const { subject, batch } = readEnvelope(entry);
    if (batch.id !== this.#batch) this.#pending = [];
    this.#batch = batch.id;
    if (subjects.some((prefix) => liesUnder(subject, prefix))) this.#pending.push(entry);
    if (batch.index < batch.count - 1) return [];
    const complete = this.#pending;
    this.#pending = [];
    return complete;
  }
}
