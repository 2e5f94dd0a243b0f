import type { Pair } from '../pair.ts';

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

  *[Symbol.iterator](): Generator<Pair> {
    for (const [from, all] of this.#pairs) for (const to of all) yield { from, to };
  }
}
