import type { Shard } from '../../events/estate.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { cutOff } from '../apply/plan/cut-off.ts';
import { pastState, type PastEstate } from '../apply/record/hold.ts';
import { inspectShard, type HostInspection } from '../apply/drive/inspect-shard.ts';
import { judgedAt } from '../ledger/instants.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { desiredObjects } from '../translate/desired-objects.ts';
import type { Workspace } from './workspace.ts';

/** What each host of a shard holds, and what driving it would change there. */
export interface DryRun {
  readonly shard: string;
  /** The instant that the shard would be driven to. */
  readonly target: { readonly seq: number; readonly time: string };
  /** How many objects the shard's hosts would hold. */
  readonly objects: number;
  readonly hosts: readonly HostInspection[];
}

/** Reads each host of a shard and compares it with the present, or with a past state. Records and drives nothing. */
export async function dryRun(
  { clock, driverFor }: Workspace,
  of: { shard: Shard; past: PastEstate | undefined; estate: Projected<Estate> },
): Promise<DryRun> {
  const { shard, past, estate } = of;
  const { intended, applied } = estate.state;
  const at = { seq: estate.cursor.size - 1, time: judgedAt(clock.now(), estate.recordedAt) };
  const desired =
    past === undefined
      ? desiredObjects(intended, { shard: shard.shard, at: at.time })
      : cutOff(pastState(shard.shard, past).objects, intended);
  const hosts = await inspectShard(driverFor(shard), {
    hosts: hostsOfShard(intended.directory, shard.shard),
    applied: appliedShard(applied, shard.shard),
    desired,
  });
  const target = past === undefined ? at : { seq: past.seq, time: past.time };
  return { shard: shard.shard, target, objects: desired.length, hosts };
}
