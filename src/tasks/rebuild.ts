import type { Actor } from '../../events/entry.ts';
import type { Shard } from '../../events/estate.ts';
import type { PastState } from '../apply/plan/course.ts';
import { appliedShard } from '../../projections/applied/applied.ts';
import { bypassesOf, type ShardSynced } from '../apply/drive/shard-synced.ts';
import {
  estateAt,
  holdShard,
  pastState,
  resumeShard,
  vniClashes,
  type PastEstate,
  type VniClash,
} from '../apply/record/hold.ts';
import type { PastInstant } from '../ledger/instants.ts';
import { passTime } from '../apply/record/pass-time.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';
import { Conflict } from '../ledger/faults.ts';
import { NoSuchInstant } from '../verify/faults.ts';
import { UsageError } from '../runtime/errors.ts';
import { drive, type DriveRequest } from './drive.ts';
import { holdExposure, type ExposedRow } from './hold-exposure.ts';
import { confirmKept } from './kept-check.ts';
import { requireShard } from './named.ts';
import { dryRun, type DryRun } from './rebuild-dry-run.ts';
import { judgedAsDriven, verifyShard, type ShardVerdict } from './verify-shard.ts';
import { loadEstate, noteProgress, type Workspace } from './workspace.ts';

export interface RebuildRequest extends Pick<DriveRequest, 'timeoutMs' | 'onProgress' | 'onWaiting'> {
  readonly shard: string;
  readonly actor: Actor;
  readonly reason: string | undefined;
  /** `present`: follow the events. `resume`: the same, and end a hold first. `hold`: stand still at a past instant. */
  readonly to:
    | { readonly kind: 'present' | 'resume' }
    | {
        readonly kind: 'hold';
        readonly at: PastInstant;
        /** True if connections may open beyond what is authorised now. It counts only with a reason. */
        readonly acceptsExposure: boolean;
      };
  /** Hears that a hold began, or ended, before a host is driven: a host may refuse. */
  readonly onHold: (change: HoldChange) => void;
}

/** `wasHeld` is false where there was no hold to end. */
export type HoldChange =
  | { readonly kind: 'resumed'; readonly wasHeld: boolean }
  | { readonly kind: 'held'; readonly seq: number; readonly time: string };

/** `clash`: the past state cannot be driven. `exposes`: it opens what nobody accepted. `bypassed`: persons change hosts by hand, which it would undo. Then nothing was recorded. */
export type Rebuilt =
  | { readonly kind: 'clash'; readonly clash: VniClash }
  | { readonly kind: 'exposes'; readonly exposure: readonly ExposedRow[] }
  | { readonly kind: 'bypassed'; readonly hosts: readonly string[] }
  | {
      readonly kind: 'rebuilt';
      readonly shards: readonly ShardSynced[];
      readonly verification: ShardVerdict;
    };

/** How often a hold is looked at anew where others record something meanwhile. */
const looksMax = 5;

/**
 * Drives an empty or damaged shard to the events' state of now, or of a past instant, and has it verified. Throws UsageError
 * for an unknown shard, NoSuchInstant, Conflict where others keep recording, KeptStateDiffers, and what recording, sync and
 * verify throw.
 */
export async function rebuild(workspace: Workspace, request: RebuildRequest): Promise<Rebuilt> {
  const { ledger, clock } = workspace;
  const { actor, to } = request;
  await confirmKept(workspace);
  const loaded = await loadEstate(workspace);
  const shard = requireShard(loaded.state, request.shard);
  const { bypasses: byHand = [] } = bypassesOf(appliedShard(loaded.state.applied, shard.shard));
  if (byHand.length > 0) return { kind: 'bypassed', hosts: byHand };
  const past = to.kind === 'hold' ? await requirePast(workspace, to.at) : undefined;
  const estate = await passTime({ ledger, clock, actor }, loaded);
  if (past !== undefined && to.kind === 'hold') {
    const isAccepted = to.acceptsExposure && request.reason !== undefined;
    return hold(workspace, request, { shard, past, estate, isAccepted });
  }
  const following = to.kind === 'resume' ? await resume(workspace, request, estate) : estate;
  return driveAndVerify(workspace, request, { estate: following, driven: undefined });
}

/** The findings and changes of a rebuild, without it: nothing is recorded or driven. Throws as rebuild. */
export async function rehearseRebuild(
  workspace: Workspace,
  { shard: name, at, resumes }: { shard: string; at: PastInstant | undefined; resumes: boolean },
): Promise<DryRun> {
  await confirmKept(workspace);
  const estate = await loadEstate(workspace);
  const shard = requireShard(estate.state, name);
  const past = at === undefined ? undefined : await requirePast(workspace, at);
  return dryRun(workspace, { shard, past, resumes, estate });
}

async function requirePast({ ledger }: Workspace, at: PastInstant): Promise<PastEstate> {
  const past = await estateAt(ledger, at);
  if (past !== undefined && past.seq < 0)
    throw new UsageError(
      `the ledger begins at ${past.since}: nothing is known of before, so no shard can be driven to ${past.time}`,
    );
  if (past !== undefined) return past;
  const { size } = await ledger.head();
  throw new NoSuchInstant({ seq: at.kind === 'seq' ? at.seq : -1, head: size - 1 });
}

async function resume(
  workspace: Workspace,
  request: RebuildRequest,
  estate: Projected<Estate>,
): Promise<Projected<Estate>> {
  const resumed = await resumeShard(holdRequest(workspace, request), estate);
  request.onHold({ kind: 'resumed', wasHeld: resumed.recorded !== undefined });
  return resumed.estate;
}

function holdRequest(
  { ledger, newId }: Workspace,
  { actor, shard, reason }: RebuildRequest,
): Parameters<typeof holdShard>[0] {
  return { ledger, actor, shard, reason, idempotencyKey: newId() };
}

async function hold(
  workspace: Workspace,
  request: RebuildRequest,
  of: { shard: Shard; past: PastEstate; estate: Projected<Estate>; isAccepted: boolean },
): Promise<Rebuilt> {
  const driven = pastState(of.shard.shard, of.past);
  const asked = holdRequest(workspace, request);
  let { estate } = of;
  let looked = -1;
  for (let look = 1; look <= looksMax; look += 1) {
    looked = estate.cursor.size;
    const opens = await lookAt(workspace, driven, { ...of, estate });
    if (typeof opens !== 'number') return opens;
    const acceptedExposure = opens > 0 ? opens : undefined;
    const held = await holdShard(asked, { ...of.past, size: looked, acceptedExposure }, estate);
    ({ estate } = held);
    if (!held.isCurrent) continue;
    request.onHold({ kind: 'held', seq: of.past.seq, time: of.past.time });
    return driveAndVerify(workspace, request, { estate, driven });
  }
  const at = { subject: 'the ledger', since: looked - 1, found: estate.cursor.size - 1 };
  throw new Conflict(at);
}

/** The number of connections that a hold opens beyond what is authorised now; or its refusal. */
async function lookAt(
  workspace: Workspace,
  driven: PastState,
  { shard, estate, isAccepted }: { shard: Shard; estate: Projected<Estate>; isAccepted: boolean },
): Promise<number | Rebuilt> {
  const [clash] = vniClashes(driven, estate.state.intended);
  if (clash !== undefined) return { kind: 'clash', clash };
  const exposure = await holdExposure(workspace, { shard, past: driven, estate });
  return exposure.length > 0 && !isAccepted ? { kind: 'exposes', exposure } : exposure.length;
}

async function driveAndVerify(
  workspace: Workspace,
  { shard, actor, timeoutMs, onProgress, onWaiting }: RebuildRequest,
  of: {
    estate: Projected<Estate>;
    /** The past state to drive to; undefined for the present. */
    driven: PastState | undefined;
  },
): Promise<Rebuilt> {
  noteProgress(workspace, of.estate);
  const asked = {
    actor,
    timeoutMs,
    shards: [shard],
    reads: 'hosts',
    past: of.driven,
    onProgress,
    onWaiting,
  } as const;
  const request = { ...asked, makesAnew: true };
  const { shards, estate } = await drive(workspace, request, of.estate);
  const verdict = await verifyShard(workspace, { shard, estate });
  return { kind: 'rebuilt', shards, verification: judgedAsDriven(verdict, shards) };
}
