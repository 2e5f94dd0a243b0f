import type { Actor } from '../../events/entry.ts';
import { tenantOf } from '../../events/names.ts';
import type { Quarantinable } from '../../projections/intended/quarantine.ts';
import type { ShardSynced } from '../apply/drive/shard-synced.ts';
import type { SyncRequest } from '../apply/drive/sync.ts';
import { driveQuarantine } from '../apply/drive/drive-quarantine.ts';
import { setQuarantine, type QuarantineIntent } from '../apply/record/quarantine.ts';
import type { AppendResult } from '../ledger/port.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { drive } from './drive.ts';
import { hostsNotHere } from './hosts-not-here.ts';
import { hostsTold, hostsUntold, type HostTold, type Untold } from './hosts-told.ts';
import { requireQuarantinable } from './named.ts';
import { keepEstate, loadEstate, noteProgress, type Workspace } from './workspace.ts';

export interface QuarantineRequest {
  readonly intent: QuarantineIntent;
  /** A tenant, `tenant/segment`, or an external's name. */
  readonly name: string;
  readonly actor: Actor;
  readonly reason: string | undefined;
  /** `record`: hosts are told at the next sync. `drive`: the shards concerned are driven before this returns. */
  readonly extent: 'record' | 'drive';
  readonly timeoutMs: number;
  /** Hears what was recorded before a host is driven. Undefined: nothing was to be recorded. */
  readonly onRecorded: (recorded: AppendResult | undefined) => void;
  readonly onProgress: SyncRequest['onProgress'];
  readonly onWaiting?: SyncRequest['onWaiting'];
}

export type QuarantineDone = {
  readonly subject: Quarantinable;
  readonly recorded: AppendResult | undefined;
  /** After a release: names that are in quarantine still, and keep some of the subject cut off. */
  readonly still: readonly string[];
} & (
  | {
      /** Hosts are told later. */
      readonly untold: Untold;
      readonly driven: undefined;
    }
  | {
      readonly untold: undefined;
      readonly driven: {
        readonly shards: readonly ShardSynced[];
        readonly hosts: readonly HostTold[];
        /** To be said where the hosts of this ledger were not in their place before, and were made anew. */
        readonly notHere: string | undefined;
      };
    }
);

/**
 * Cuts a tenant, segment or external off from everyone else, or ends that, and drives the shards concerned. Throws
 * UsageError for an unknown name, and what setQuarantine and sync throw.
 */
export async function quarantine(workspace: Workspace, request: QuarantineRequest): Promise<QuarantineDone> {
  return quarantineOn(workspace, request, await loadEstate(workspace));
}

/** As quarantine, for whoever has the estate at hand. */
export async function quarantineOn(
  workspace: Workspace,
  request: QuarantineRequest,
  loaded: Projected<Estate>,
): Promise<QuarantineDone> {
  const { ledger, clock, newId } = workspace;
  const { intent, actor, reason, timeoutMs, onProgress, onWaiting } = request;
  const subject = requireQuarantinable(loaded.state, request.name);
  const { recorded, shards, estate } = await setQuarantine(
    { ledger, clock, actor, subject, reason, idempotencyKey: newId() },
    intent,
    loaded,
  );
  noteProgress(workspace, estate);
  // Somebody may have retired it between the first look and the record.
  requireQuarantinable(estate.state, subject.name);
  request.onRecorded(recorded);
  const still = intent === 'release' ? quarantinedWith(estate.state, subject) : [];
  if (request.extent === 'record') {
    await keepEstate(workspace, estate, actor);
    const untold = hostsUntold({ shards, estate }, { intent, subject });
    return { subject, recorded, still, untold, driven: undefined };
  }
  const notHere = hostsNotHere(workspace, estate.state);
  const asked = { actor, onProgress, onWaiting, shards } as const;
  const synced = await driveQuarantine((how, on) => drive(workspace, { ...asked, ...how }, on), {
    intent,
    isNew: recorded !== undefined,
    estate,
    timeoutMs,
    clock,
  });
  const hosts = hostsTold(synced, { intent, subject });
  const driven = { shards: synced.shards, hosts, notHere };
  return { subject, recorded, still, untold: undefined, driven };
}

/** The tenant of a segment, or segments of a tenant, that are in quarantine by themselves. */
function quarantinedWith(
  { intended: { quarantine: state } }: Estate,
  { kind, name }: Quarantinable,
): string[] {
  if (kind === 'segment') return [tenantOf(name) ?? ''].filter((tenant) => state.tenants.has(tenant));
  return kind === 'tenant' ? [...state.ends].filter((end) => tenantOf(end) === name).sort() : [];
}
