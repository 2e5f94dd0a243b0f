import { everything, nothing, union, type Traffic } from './traffic.ts';

/** The traffic that one side allows for a pair, and the part of it that guarded rules allow. */
export interface Said {
  readonly traffic: Traffic;
  readonly guarded: Traffic;
}

export const saysNothing: Said = { traffic: nothing, guarded: nothing };
export const saysEverything: Said = { traffic: everything, guarded: everything };

/** The traffic that two rules of one side allow together. */
export function both(a: Said, b: Said): Said {
  if (a === saysNothing) return b;
  if (b === saysNothing) return a;
  return { traffic: union(a.traffic, b.traffic), guarded: union(a.guarded, b.guarded) };
}

/** True for the pairs of ends that are looked at. */
export type PairFilter = (from: string, to: string) => boolean;

/** By pair of ends, the traffic that is allowed so far. Only wanted pairs are kept. */
export class PairTable {
  readonly #wanted: PairFilter;
  readonly #rows = new Map<string, Map<string, Said>>();

  constructor(wanted: PairFilter) {
    this.#wanted = wanted;
  }

  set(from: string, to: string, said: Said): void {
    if (!this.#wanted(from, to)) return;
    const row = this.#rows.get(from);
    if (row === undefined) this.#rows.set(from, new Map([[to, said]]));
    else row.set(to, said);
  }

  add(from: string, to: string, said: Said): void {
    if (!this.#wanted(from, to)) return;
    this.set(from, to, both(this.#rows.get(from)?.get(to) ?? saysNothing, said));
  }

  take(from: string, to: string): Said {
    const row = this.#rows.get(from);
    const said = row?.get(to);
    if (said === undefined) return saysNothing;
    row?.delete(to);
    return said;
  }

  *pairs(): Iterable<[string, string, Said]> {
    for (const [from, row] of this.#rows) for (const [to, said] of row) yield [from, to, said];
  }
}
