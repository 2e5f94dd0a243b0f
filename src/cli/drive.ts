import { sync, type Synced, type SyncRequest } from '../apply/drive/sync.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { showProgress } from './progress.ts';
import { type Session } from './session.ts';
import { keepEstate } from '../tasks/workspace.ts';

/** What of a sync the session does not know by itself. */
export type DriveOptions = Pick<SyncRequest, 'actor' | 'shards' | 'only' | 'past' | 'timeoutMs'>;

/** Drives shards, with a progress bar, and keeps the estate that came of it. Throws what sync throws. */
export async function drive(
  session: Session,
  options: DriveOptions,
  estate: Projected<Estate>,
): Promise<Synced> {
  const { io, ledger, clock, driverFor, holdRole } = session;
  const onProgress: SyncRequest['onProgress'] = ({ shard, done, of }) => {
    showProgress(io, { label: shard, done, of });
  };
  const synced = await sync({ ledger, clock, driverFor, holdRole, onProgress, ...options }, estate);
  keepEstate(session, synced.estate);
  return synced;
}
