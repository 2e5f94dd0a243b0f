import { canonicalBytes } from './canonical.ts';

/** The most bytes of put and removed items in one event: well below an entry's limit, envelope included. */
export const partBytesMax = 48 * 1024;

/**
 * Items that are put (new or changed, whole) or removed (by name): all of them, or the part that fits into one event.
 */
export interface Part<Item> {
  put: Item[];
  removed: string[];
}

/** Divides items and names in order among parts, each as full as it may be. Without items there is one empty part. */
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
