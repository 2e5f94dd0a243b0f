/**
 * Does work for each item, at most `atOnce` at a time, and returns what came of each, in the order of the items. Where one
 * throws, no further one is begun; its fault is thrown once all that were begun have ended, so that nothing goes on behind
 * the caller's back.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  { atOnce, work }: { atOnce: number; work: (item: Item) => Promise<Result> },
): Promise<Result[]> {
  const results = new Map<number, Result>();
  const left = items.entries();
  let isBroken = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (isBroken) return;
      try {
        results.set(index, await work(item));
      } catch (fault) {
        isBroken = true;
        throw fault;
      }
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
