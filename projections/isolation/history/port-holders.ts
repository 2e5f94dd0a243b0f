import { DocumentFold } from '../documents/document-fold.ts';
import type { Wanted } from '../judging/contacts.ts';
import type { Pair } from '../pair.ts';
import type { FoldedBatch } from '../state.ts';

/** Who holds and ever held each port, over a whole ledger. */
export class PortHolders {
  readonly #documents = new DocumentFold();
  /** By port. */
  readonly #holders = new Map<string, Set<string>>();

  follow({ entries }: Pick<FoldedBatch, 'entries'>): void {
    for (const key of this.#documents.follow(entries)?.occupants.keys() ?? []) {
      const end = this.#documents.occupants.get(key)?.end;
      /* v8 ignore next -- @preserve no port is ever without an occupant again */
      if (end === undefined) continue;
      this.#holders.set(key, (this.#holders.get(key) ?? new Set()).add(end));
    }
  }

  /**
   * True of the pairs that are wanted, and of those that ever held their ports: what hosts let through between two ports is judged by
   * what was authorised there lately, whoever held them.
   */
  pairsWith(wanted: Wanted): (pair: Pair) => boolean {
    const sharing = new Map<string, Set<string>>();
    for (const ends of this.#holders.values()) {
      if (ends.size === 1) continue;
      for (const end of ends) sharing.set(end, ends.union(sharing.get(end) ?? new Set()));
    }
    const namesOf = (end: string): Iterable<string> => sharing.get(end) ?? [end];
    return (pair) => {
      for (const from of namesOf(pair.from))
        for (const to of namesOf(pair.to)) if (wanted.pair({ from, to })) return true;
      return false;
    };
  }
}
