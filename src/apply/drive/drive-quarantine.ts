import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { QuarantineIntent } from '../record/quarantine.ts';
import { joinedByShard } from './shard-synced.ts';
import type { Synced, SyncRequest } from './sync.ts';

/** Drives the shards concerned, in one way or another. */
type DriveShards = (
  how: Pick<SyncRequest, 'reads' | 'timeoutMs'> & { readonly only?: 'cuts' },
  estate: Projected<Estate>,
) => Promise<Synced>;

/**
 * Drives shards for a quarantine, or its end. A cut waits for nothing that adds. A release is an addition, so that everything is
 * driven, and hosts are looked at first. `isNew`: something was recorded for it.
 */
export async function driveQuarantine(
  drive: DriveShards,
  {
    intent,
    isNew,
    estate,
    timeoutMs,
    clock,
  }: {
    intent: QuarantineIntent;
    isNew: boolean;
    estate: Projected<Estate>;
    timeoutMs: number;
    clock: Pick<Clock, 'elapsedMs'>;
  },
): Promise<Synced> {
  if (intent === 'release') return drive({ reads: 'hosts', timeoutMs }, estate);
  if (isNew) return drive({ only: 'cuts', reads: 'marks', timeoutMs }, estate);
  return cutAgain(drive, { estate, timeoutMs, clock });
}

/**
 * Drives shards for somebody who was in quarantine before. A cut that a host was not told yet waits for nothing. Then nothing is
 * urgent any more: hosts are read whole, so that one that only says that it cuts is found, and put right.
 */
async function cutAgain(
  drive: DriveShards,
  of: { estate: Projected<Estate>; timeoutMs: number; clock: Pick<Clock, 'elapsedMs'> },
): Promise<Synced> {
  const { estate, clock } = of;
  const deadlineMs = clock.elapsedMs() + of.timeoutMs;
  const told = await drive({ only: 'cuts', reads: 'marks', timeoutMs: 0 }, estate);
  const timeoutMs = Math.max(0, deadlineMs - clock.elapsedMs());
  const seen = await drive({ only: 'cuts', reads: 'hosts', timeoutMs }, told.estate);
  return { shards: joinedByShard(told.shards, seen.shards), estate: seen.estate };
}
