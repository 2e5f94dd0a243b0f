import { sync, type Synced, type SyncRequest } from '../apply/drive/sync.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { requireShard } from './named.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

/** The part of a sync that the workspace does not know by itself. */
export type DriveRequest = Pick<
  SyncRequest,
  'actor' | 'shards' | 'reads' | 'only' | 'past' | 'timeoutMs' | 'onProgress'
>;

/** Drives shards, and keeps the estate that came of it. Throws what sync throws. */
export async function drive(
  workspace: Workspace,
  request: DriveRequest,
  estate: Projected<Estate>,
): Promise<Synced> {
  const { ledger, clock, driverFor, holdRole } = workspace;
  const synced = await sync({ ledger, clock, driverFor, holdRole, ...request }, estate);
  await keepEstate(workspace, synced.estate, request.actor);
  return synced;
}

/** Drives one shard, or all of them, to the present. Throws UsageError for an unknown shard, and what sync throws. */
export async function driveToPresent(
  workspace: Workspace,
  {
    shard,
    ...asked
  }: { shard: string | undefined } & Pick<DriveRequest, 'actor' | 'timeoutMs' | 'onProgress'>,
): Promise<Synced> {
  const request = { ...asked, reads: 'hosts' } as const;
  const estate = await loadEstate(workspace);
  if (shard === undefined) return drive(workspace, request, estate);
  requireShard(estate.state, shard);
  return drive(workspace, { ...request, shards: [shard] }, estate);
}
