import type { Envelope } from '../../events/entry.ts';

/** The entries of one batch that came to its end, from seq `first` to `last`. `isVoid`: another batch began before that. */
export interface Settled<Item> {
  readonly items: readonly Item[];
  readonly first: number;
  readonly last: number;
  readonly isVoid: boolean;
}

/** An entry, in whatever form a reader holds it. */
interface OfBatch {
  readonly seq: number;
  readonly batch: Envelope['batch'];
}

/** Puts entries, given one by one in seq order, together into batches. */
export class BatchAssembler<Item extends OfBatch> {
  #unfinished: Item[] = [];

  /** The entries of the batch that lacks some so far. */
  get unfinished(): readonly Item[] {
    return this.#unfinished;
  }

  /** The entries that stand before the next one in its batch: none, if that one begins another batch. */
  before(next: Item): readonly Item[] {
    return this.#unfinished[0]?.batch.id === next.batch.id ? this.#unfinished : [];
  }

  /** Takes the next entry. Gives the batches that it settles: a void one that it follows, then its own if it completes that. */
  take(next: Item): Settled<Item>[] {
    const settled: Settled<Item>[] = [];
    if (this.before(next).length < this.#unfinished.length)
      settled.push(this.#settle({ last: next.seq - 1, isVoid: true }));
    this.#unfinished.push(next);
    if (this.#unfinished.length >= next.batch.count)
      settled.push(this.#settle({ last: next.seq, isVoid: false }));
    return settled;
  }

  #settle(end: { last: number; isVoid: boolean }): Settled<Item> {
    const items = this.#unfinished;
    this.#unfinished = [];
    return { items, first: end.last - items.length + 1, ...end };
  }
}
