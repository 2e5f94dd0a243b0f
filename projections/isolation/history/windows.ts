/** An item as it was when first seen, and the stretch for which it was seen without a break. */
export interface Window<Item, Opening, Closing> {
  readonly item: Item;
  readonly openedBy: Opening;
  /** Null as long as it has not ended. */
  readonly closedBy: Closing | null;
}

/**
 * Joins items that are seen at one instant after another into windows. An item that goes and comes back has two
 * windows.
 */
export class Windows<Item, Opening, Closing> {
  readonly #keyOf: (item: Item) => string;
  readonly #all: { item: Item; openedBy: Opening; closedBy: Closing | null }[] = [];
  readonly #open = new Map<string, { item: Item; openedBy: Opening; closedBy: Closing | null }>();

  /** Items with one key are one item, seen at several instants. */
  constructor(keyOf: (item: Item) => string) {
    this.#keyOf = keyOf;
  }

  /** Ends the windows of items that are not seen any more. */
  close(seen: readonly Item[], closedBy: Closing): void {
    const keys = new Set(seen.map(this.#keyOf));
    for (const key of this.#open.keys()) if (!keys.has(key)) this.end(key, closedBy);
  }

  /** Ends the window of the item with a key, if there is one. */
  end(key: string, closedBy: Closing): void {
    const window = this.#open.get(key);
    if (window === undefined) return;
    window.closedBy = closedBy;
    this.#open.delete(key);
  }

  /** Begins windows for items that were not seen before. */
  open(seen: readonly Item[], openedBy: Opening): void {
    for (const item of seen) {
      const key = this.#keyOf(item);
      if (this.#open.has(key)) continue;
      const window = { item, openedBy, closedBy: null };
      this.#all.push(window);
      this.#open.set(key, window);
    }
  }

  /** The windows that have not ended, by the key of their item. */
  get lasting(): ReadonlyMap<string, Window<Item, Opening, Closing>> {
    return this.#open;
  }

  /** Every window, in the order in which they opened. */
  all(): readonly Window<Item, Opening, Closing>[] {
    return this.#all;
  }
}
