import type { StoredEntry } from '../../../events/codec/decode.ts';
import { LedgerForked } from '../faults.ts';
import { readPage, type StreamPlace } from './reader.ts';

/** Where a reader stands. */
export interface Standing {
  /** The last entry that it has, if it has one. */
  readonly last: StoredEntry | undefined;
  /** Where it begins while it has none. */
  readonly from: number;
}

/**
 * At most `count` entries behind where a reader stands. The last one that it has is read again: it tells a stream to which
 * nothing was added from one that was cut, or put back as it was earlier, and perhaps written to since. Throws
 * LedgerForked where it is gone or another one, and what readPage throws.
 */
export async function readOn(
  place: StreamPlace,
  { last, from, count }: Standing & { count: number },
): Promise<readonly StoredEntry[]> {
  if (last === undefined) return readPage(place, { from, count });
  const [again, ...rest] = await readPage(place, { from: last.seq, count: count + 1 });
  if (again === undefined) throw new LedgerForked({ place: place.place, from: last.seq });
  if (Buffer.compare(again.bytes, last.bytes) !== 0)
    throw new LedgerForked({ place: place.place, changed: last.seq });
  return rest;
}
