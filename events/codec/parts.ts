import { canonicalBytes } from './canonical.ts';

/** How many bytes of what is put and removed one event may hold: well below an entry's limit, envelope included. */
export const partBytesMax = 48 * 1024;

/** What is put (new or changed, whole) and removed (by name): all of it, or the part that fits into one event. */
export interface Part<Item> {
  put: Item[];
  removed: string[];
}

/** Deals items and names out in order, each part as full as it may be; one empty part where there is nothing to deal. */
export function dealOut<Item>(all: {
  readonly put: readonly Item[];
  readonly removed: readonly string[];
}): Part<Item>[] {
  let part: Part<Item> = { put: [], removed: [] };
  const parts = [part];
  let room = partBytesMax;
  const partFor = (item: unknown): Part<Item> => {
    const bytes = canonicalBytes(item).length + 1;
    if (bytes > room) {
      part = { put: [], removed: [] };
      parts.push(part);
      room = partBytesMax;
    }
    room -= bytes;
    return part;
  };
  for (const name of all.removed) partFor(name).removed.push(name);
  for (const item of all.put) partFor(item).put.push(item);
  return parts;
}
