import type { StoredEntry } from '../../../events/entry.ts';
import { LedgerForked } from '../faults.ts';
import { readPage, type StreamPlace } from './reader.ts';

/** The position of a reader in a stream. */
export interface ReadPosition {
  /** The last entry that it has; undefined while it has none. */
  readonly last: StoredEntry | undefined;
  /** The seq at which it begins while it has no entry. */
  readonly from: number;
}

/**
 * Reads at most `count` entries behind a position. The last known entry is read again. It shows whether a stream
 * without new entries was cut, or was put back to an earlier state and perhaps written to since. Throws LedgerForked
 * if that entry is gone or has other bytes, and the errors of readPage.
 */
export async function readOn(
  place: StreamPlace,
  { last, from, count }: ReadPosition & { count: number },
): Promise<readonly StoredEntry[]> {
  if (last === undefined) return readPage(place, { from, count });
  const [again, ...rest] = await readPage(place, { from: last.seq, count: count + 1 });
  if (again === undefined) throw new LedgerForked({ place: place.place, from: last.seq });
  if (Buffer.compare(again.bytes, last.bytes) !== 0)
    throw new LedgerForked({ place: place.place, changed: last.seq });
  return rest;
}
