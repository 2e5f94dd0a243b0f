import type { Engine } from '../engine/engine.ts';
import type { Wanted } from '../judging/contacts.ts';
import { reachIn, type Reach } from '../judging/reach.ts';
import { pairKey, type Pair } from '../pair.ts';

/** The pairs of those that are wanted on which connections may be opened. */
export class ReachedPairs {
  readonly wanted: Wanted;
  readonly #engine: Pick<Engine, 'reaches'>;
  readonly #reached = new Set<string>();

  constructor(engine: Pick<Engine, 'reaches'>, wanted: Wanted) {
    this.#engine = engine;
    this.wanted = wanted;
  }

  /** A pair was judged again. */
  look(pair: Pair): void {
    if (!this.wanted.pair(pair)) return;
    if (this.#engine.reaches(pair)) this.#reached.add(pairKey(pair));
    else this.#reached.delete(pairKey(pair));
  }

  get any(): boolean {
    return this.#reached.size > 0;
  }
}

/** The reach by what is known of the pairs. */
export function reachBy(pairs: ReachedPairs, told: Parameters<typeof reachIn>[1]): Reach {
  return reachIn(pairs.wanted, told, () => pairs.any);
}
