import { applierRole, sync, type Synced, type SyncRequest } from '../apply/drive/sync.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { RolesUnavailable } from '../roles/faults.ts';
import { hostsNotHere, shardsNotHere } from './hosts-not-here.ts';
import { requireShard } from './named.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

/** The part of a sync that the workspace does not know by itself. */
export type DriveRequest = Pick<
  SyncRequest,
  'actor' | 'shards' | 'reads' | 'only' | 'past' | 'timeoutMs' | 'onProgress' | 'onWaiting'
> & {
  /** Whether hosts are made anew where their place is not there at all. Otherwise none is driven: they are elsewhere. */
  readonly makesAnew?: boolean;
};

/** Drives shards, and keeps the estate that came of it. Throws what sync throws. */
export async function drive(
  workspace: Workspace,
  request: DriveRequest,
  estate: Projected<Estate>,
): Promise<Synced> {
  const { ledger, clock, driverFor } = workspace;
  const { makesAnew = false, ...asked } = request;
  const elsewhere = new Set(makesAnew ? [] : shardsNotHere(workspace, estate.state).map(applierRole));
  const holdRole: Workspace['holdRole'] = (role) =>
    elsewhere.has(role) ? Promise.reject(new HostsElsewhere()) : workspace.holdRole(role);
  const synced = await sync({ ledger, clock, driverFor, holdRole, ...asked }, estate);
  await keepEstate(workspace, synced.estate, request.actor);
  return synced;
}

/** Nobody drives a shard whose hosts are elsewhere, whichever role could be taken. */
export class HostsElsewhere extends RolesUnavailable {
  constructor() {
    super('its hosts are elsewhere: their place beside this ledger is not there');
  }
}

/** Drives one shard, or all of them, to the present. Throws UsageError for an unknown shard, and what sync throws. */
export async function driveToPresent(
  workspace: Workspace,
  {
    shard,
    ...asked
  }: { shard: string | undefined } & Pick<DriveRequest, 'actor' | 'timeoutMs' | 'onProgress' | 'onWaiting'>,
): Promise<Synced> {
  const request = { ...asked, reads: 'hosts' } as const;
  const estate = await loadEstate(workspace);
  const notHere = hostsNotHere(workspace, estate.state);
  if (notHere !== undefined) workspace.warn?.(notHere);
  if (shard === undefined) return drive(workspace, request, estate);
  requireShard(estate.state, shard);
  return drive(workspace, { ...request, shards: [shard] }, estate);
}
