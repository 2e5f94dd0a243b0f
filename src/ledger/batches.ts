import type { Envelope } from '../../events/entry.ts';

/**
 * The entries of one batch that came to its end, from seq `first` to `last`. `isVoid`: another batch began before it
 * was complete.
 */
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

  /** The entries of the batch that is not complete yet. */
  get unfinished(): readonly Item[] {
    return this.#unfinished;
  }

  /** The earlier entries of the next entry's batch; none if the entry begins another batch. */
  before(next: Item): readonly Item[] {
    return this.#unfinished[0]?.batch.id === next.batch.id ? this.#unfinished : [];
  }

  /**
   * Takes the next entry. Returns the batches that settle with it: a void one before it, then its own if it is
   * complete.
   */
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
