import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { joinedByShard } from './shard-synced.ts';
import type { Synced, SyncRequest } from './sync.ts';

/** How the cuts of shards are driven. */
export type CutDrive = Pick<SyncRequest, 'reads' | 'timeoutMs'> & { readonly only: 'cuts' };

/**
 * Drives shards for somebody who was in quarantine before. A cut that a host was not told yet waits for nothing. Then nothing is
 * urgent any more: hosts are read whole, so that one that only says that it cuts is found, and put right.
 */
export async function cutAgain(
  drive: (how: CutDrive, estate: Projected<Estate>) => Promise<Synced>,
  { estate, timeoutMs }: { estate: Projected<Estate>; timeoutMs: number },
): Promise<Synced> {
  const told = await drive({ only: 'cuts', reads: 'marks', timeoutMs: 0 }, estate);
  const seen = await drive({ only: 'cuts', reads: 'hosts', timeoutMs }, told.estate);
  return { shards: joinedByShard(told.shards, seen.shards), estate: seen.estate };
}
