/** A pair of ends, from one segment or external to another. */
export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Values by pairs of ends: no text has to be made for a pair, to look for it. */
export class PairMap<Value> {
  readonly #rows = new Map<string, Map<string, Value>>();

  get({ from, to }: Pair): Value | undefined {
    return this.#rows.get(from)?.get(to);
  }

  set({ from, to }: Pair, value: Value): void {
    const row = this.#rows.get(from);
    if (row === undefined) this.#rows.set(from, new Map([[to, value]]));
    else row.set(to, value);
  }

  clear(): void {
    this.#rows.clear();
  }
}

/**
 * A text that tells pairs of ends, or of VNIs, apart. Names of ends have no space, and all of their characters sort
 * after a space. So keys of ends sort by from, then by to, in code point order.
 */
export function pairKey({
  from,
  to,
}: {
  readonly from: string | number;
  readonly to: string | number;
}): string {
  return `${from} ${to}`;
}
