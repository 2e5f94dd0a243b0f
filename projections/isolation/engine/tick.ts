/** A point at which something was looked at: a batch, or an instant that the clock alone came to. */
export interface Tick {
  readonly at: string;
  /** What the batch changed: documents, only what hosts may hold, or neither. */
  readonly changed: 'documents' | 'held' | 'nothing';
}

/** Something that is so from a tick on, until the next one in its list. */
export interface Since {
  readonly since: number;
}

/** What was so at a tick; undefined before the first one in the list. */
export function soAt<Item extends Since>(list: readonly Item[] | undefined, tick: number): Item | undefined {
  return list?.[countWhile(list, ({ since }) => since <= tick) - 1];
}

/** Adds what is so from now on, and gives up what ended before the oldest tick that may be asked for. */
export function goOn<Item extends Since>(list: Item[], item: Item, oldest: number): void {
  if (list.at(-1)?.since === item.since) list.pop();
  list.push(item);
  const ended = countWhile(list, ({ since }) => since <= oldest) - 1;
  if (ended > 0) list.splice(0, ended);
}

/** How many items of a list are so that nothing after them is, by halves: a list may be as long as a limit looks back. */
export function countWhile<Item>(list: readonly Item[], isSo: (item: Item) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && isSo(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
