/** Items to look at, each at an instant. An item may be put down for several instants, and is told at each of them. */
export class Agenda<Item> {
  readonly #items = new Map<string, Set<Item>>();
  /** Those with items, sorted, the first one at the end. */
  readonly #instants: string[] = [];

  put(instant: string, item: Item): void {
    const items = this.#items.get(instant);
    if (items !== undefined) {
      items.add(item);
      return;
    }
    this.#items.set(instant, new Set([item]));
    this.#instants.splice(this.#placeOf(instant), 0, instant);
  }

  /** Takes an item off an instant; nothing happens where it is not down for it. */
  leave(instant: string, item: Item): void {
    const items = this.#items.get(instant);
    if (items?.delete(item) !== true || items.size > 0) return;
    this.#items.delete(instant);
    this.#instants.splice(this.#placeOf(instant), 1);
  }

  /** The first instant with items. */
  get next(): string | undefined {
    return this.#instants.at(-1);
  }

  /** Takes off the items of all instants up to one, included. */
  take(until: string): Set<Item> {
    const due = new Set<Item>();
    for (let next = this.next; next !== undefined && next <= until; next = this.next) {
      this.#items.get(next)?.forEach((item) => due.add(item));
      this.#items.delete(next);
      this.#instants.pop();
    }
    return due;
  }

  /** The place before all instants that are earlier. */
  #placeOf(instant: string): number {
    let [low, high] = [0, this.#instants.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#instants.slice(middle, middle + 1).some((at) => at > instant)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
