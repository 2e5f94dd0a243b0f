import { readEnvelope, type StoredEntry } from '../../../events/codec/decode.ts';
import type { Filter } from '../port.ts';
import { liesUnder } from '../conditions.ts';

/** Holds entries back until the batch that they belong to is complete; those of a void batch for ever. */
export class EffectiveEntries {
  #batch: string | undefined;
  #held: StoredEntry[] = [];

  /** Takes the next entry in seq order; gives back what a filter keeps of those that take effect with it. */
  take(entry: StoredEntry, { subjects }: Filter): readonly StoredEntry[] {
    const { subject, batch } = readEnvelope(entry);
    if (batch.id !== this.#batch) this.#held = [];
    this.#batch = batch.id;
    if (subjects.some((prefix) => liesUnder(subject, prefix))) this.#held.push(entry);
    if (batch.index < batch.count - 1) return [];
    const complete = this.#held;
    this.#held = [];
    return complete;
  }
}
