import type { Pair } from '../pair.ts';

/** What a map has, in code unit order of its keys. */
export function inKeyOrder<Value>(map: ReadonlyMap<string, Value>): (readonly [key: string, value: Value])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A set of pairs of ends, each one way. */
export class PairSet {
  readonly #pairs = new Map<string, Set<string>>();

  add(from: string, to: string): void {
    const known = this.#pairs.get(from);
    if (known === undefined) this.#pairs.set(from, new Set([to]));
    else known.add(to);
  }

  addBoth(one: string, other: string): void {
    this.add(one, other);
    this.add(other, one);
  }

  /** In code unit order, whatever the order in which they were added. */
  *[Symbol.iterator](): Generator<Pair> {
    for (const [from, all] of inKeyOrder(this.#pairs)) for (const to of [...all].sort()) yield { from, to };
  }
}
