/** Random choices that are the same for the same seed, on every machine. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  /** One of the list. Throws a RangeError for an empty one. */
  pick<Item>(list: readonly Item[]): Item;
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to choose test data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const [item] = list.slice(below(list.length));
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}
