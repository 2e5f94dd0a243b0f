import { everything, nothing, union, type Traffic } from './traffic.ts';

/** What one side says of a pair, and the part of it that its guarded rules say. */
export interface Said {
  readonly traffic: Traffic;
  readonly guarded: Traffic;
}

export const saysNothing: Said = { traffic: nothing, guarded: nothing };
export const saysEverything: Said = { traffic: everything, guarded: everything };

/** What two rules of one side say together. */
export function both(a: Said, b: Said): Said {
  return { traffic: union(a.traffic, b.traffic), guarded: union(a.guarded, b.guarded) };
}

/** Which pairs of ends are looked at. */
export type Wanted = (from: string, to: string) => boolean;

/** What has been said of pairs, by their two ends; of wanted ones only. */
export class PairTable {
  readonly #wanted: Wanted;
  readonly #rows = new Map<string, Map<string, Said>>();

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  set(from: string, to: string, said: Said): void {
    if (!this.#wanted(from, to)) return;
    const row = this.#rows.get(from) ?? new Map<string, Said>();
    row.set(to, said);
    this.#rows.set(from, row);
  }

  add(from: string, to: string, said: Said): void {
    if (!this.#wanted(from, to)) return;
    this.set(from, to, both(this.#rows.get(from)?.get(to) ?? saysNothing, said));
  }

  take(from: string, to: string): Said {
    const said = this.#rows.get(from)?.get(to) ?? saysNothing;
    this.#rows.get(from)?.delete(to);
    return said;
  }

  *pairs(): Iterable<[string, string, Said]> {
    for (const [from, row] of this.#rows) for (const [to, said] of row) yield [from, to, said];
  }
}
