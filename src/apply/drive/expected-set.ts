import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { ExpectedSet } from '../../overlay/port.ts';

/** What a shard's hosts are to hold by its last plan. */
export function expectedOf({ objects, set }: AppliedShard): ExpectedSet {
  return { objects, digest: set.digest() };
}
