import type { Actor } from '../../events/entry.ts';
import type { ShardSynced, SyncRequest } from '../apply/drive/sync.ts';
import { setQuarantine } from '../apply/record/quarantine.ts';
import type { AppendResult } from '../ledger/port.ts';
import { drive } from './drive.ts';
import { requireTenant } from './named.ts';
import { keepEstate, loadEstate, type Workspace } from './workspace.ts';

export type QuarantineIntent = 'quarantine' | 'release';

export interface QuarantineRequest {
  readonly intent: QuarantineIntent;
  readonly tenant: string;
  readonly actor: Actor;
  readonly reason: string | undefined;
  /** `record`: hosts are told at the next sync. `drive`: the shards concerned are driven before this returns. */
  readonly extent: 'record' | 'drive';
  readonly timeoutMs: number;
  /** Hears what was recorded before a host is driven, since a host may refuse. Undefined: nothing was to be recorded. */
  readonly onRecorded: (recorded: AppendResult | undefined) => void;
  readonly onProgress: SyncRequest['onProgress'] & {};
}

export interface QuarantineDone {
  readonly recorded: AppendResult | undefined;
  /** Undefined where hosts are told later. */
  readonly shards: readonly ShardSynced[] | undefined;
}

/**
 * Cuts a tenant off from everyone else, or ends that, and drives the shards concerned. Throws UsageError for an unknown
 * tenant, and what setQuarantine and sync throw.
 */
export async function quarantine(workspace: Workspace, request: QuarantineRequest): Promise<QuarantineDone> {
  const { ledger, clock, newId } = workspace;
  const { intent, tenant, actor, reason, timeoutMs, onProgress } = request;
  const loaded = await loadEstate(workspace);
  requireTenant(loaded.state, tenant);
  const { recorded, shards, estate } = await setQuarantine(
    { ledger, clock, actor, tenant, reason, idempotencyKey: newId() },
    intent,
    loaded,
  );
  keepEstate(workspace, estate);
  // Somebody may have retired it between the first look and the record.
  requireTenant(estate.state, tenant);
  request.onRecorded(recorded);
  if (request.extent === 'record') return { recorded, shards: undefined };
  // A cut waits for nothing that adds. A release is an addition, so that everything is driven.
  const only = intent === 'quarantine' ? 'restrictions' : undefined;
  const synced = await drive(workspace, { actor, timeoutMs, onProgress, shards, only }, estate);
  return { recorded, shards: synced.shards };
}
