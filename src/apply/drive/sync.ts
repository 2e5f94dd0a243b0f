import { defined } from '../../../events/codec/defined.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Shard } from '../../../events/estate.ts';
import { appliedShard, type Hold } from '../../../projections/applied/applied.ts';
import type { Ledger } from '../../ledger/port.ts';
import { Fenced } from '../../overlay/faults.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { RoleHeld } from '../../roles/faults.ts';
import type { HeldRole, Roles } from '../../roles/port.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ForeignState } from '../../runtime/errors.ts';
import { courseOf, planOn, type PastState } from '../plan/course.ts';
import { round, type ApplierContext, type Round } from './applier.ts';
import type { Progress } from './drive-hosts.ts';
import { passTime } from '../record/pass-time.ts';
import { foundWords } from './read-hosts.ts';

export interface SyncRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly driverFor: (shard: Shard) => OverlayDriver;
  /** Takes the exclusive role of a shard's applier; throws RoleHeld where another process has it. */
  readonly holdRole: Roles['hold'];
  /** These shards only; all if left out. */
  readonly shards?: readonly string[] | undefined;
  /** `restrictions`: only what takes away; what adds is left for a later sync. */
  readonly only?: 'restrictions' | undefined;
  /** A past state to drive to instead of the present one; for a single shard that is held. */
  readonly past?: PastState | undefined;
  /** How long to wait for hosts that do not take their plan. */
  readonly timeoutMs: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What came of one shard: the plan its hosts are at, and which of them were driven, emptied, had drifted, or stayed away. */
export interface ShardSynced {
  readonly shard: string;
  readonly plan: number;
  readonly driven: readonly string[];
  /** Retired hosts that now hold nothing. */
  readonly cleared: readonly string[];
  /** Hosts that did not hold what they had acknowledged, and what was found there. */
  readonly drifted: readonly { readonly host: string; readonly found: string }[];
  readonly absent: readonly { readonly host: string; readonly problem: string }[];
  /** The past state that the shard is held at: nothing but quarantine was driven. */
  readonly held?: Hold;
}

export interface Synced {
  readonly shards: readonly ShardSynced[];
  readonly estate: Projected<Estate>;
}

/** How long to wait before trying absent hosts again. */
const pauseMs = 250;

/**
 * Runs the applier of each shard until its overlay is where the events say, or the time is up. What only takes away is
 * driven in all of the shards before anything is added in any. Throws RoleHeld, Fenced, ForeignState once everything else
 * is driven, and what reading and writing a ledger throws.
 */
export async function sync(request: SyncRequest, from: Projected<Estate>): Promise<Synced> {
  let estate = await passTime(request, from);
  const wanted = shardsToDrive(estate.state, request.shards);
  const results = new Map<string, ShardSynced>();
  const refusals = new Map<string, Error>();
  const drive = async (shard: Shard, how: Pick<SyncRequest, 'only' | 'timeoutMs'>): Promise<void> => {
    try {
      const synced = await syncShard({ ...request, ...how }, shard, estate);
      estate = synced.estate;
      results.set(shard.shard, joined(results.get(shard.shard), synced.result));
    } catch (fault) {
      if (!isRefusal(fault)) throw fault;
      refusals.set(shard.shard, fault);
    }
  };
  if (request.only === undefined && wanted.length > 1) {
    // One round, without waiting for hosts that are away: the second turn does that, for all of it.
    const first = { only: 'restrictions', timeoutMs: 0 } as const;
    for (const shard of wanted) if (restricts(request, { shard, estate })) await drive(shard, first);
  }
  for (const shard of wanted) await drive(shard, request);
  for (const refusal of refusals.values()) throw refusal;
  return { shards: [...results.values()].sort((a, b) => (a.shard < b.shard ? -1 : 1)), estate };
}

/** Whether a shard, or a host of it, is not to be driven by this process: that keeps no other from being driven. */
function isRefusal(fault: unknown): fault is Error {
  return fault instanceof RoleHeld || fault instanceof Fenced || fault instanceof ForeignState;
}

/** The shards that are asked for, and retired ones whose hosts are not empty yet, by name. */
function shardsToDrive({ intended, applied }: Estate, asked: SyncRequest['shards']): Shard[] {
  const { shards, formerShards } = intended.directory;
  const leaving = [...formerShards.values()].filter(
    ({ shard }) => appliedShard(applied, shard).leavingHosts.size > 0,
  );
  return [...shards.values(), ...leaving]
    .filter(({ shard }) => asked === undefined || asked.includes(shard))
    .sort((a, b) => (a.shard < b.shard ? -1 : 1));
}

function restricts(
  { clock }: SyncRequest,
  { shard: { shard }, estate }: { shard: Shard; estate: Projected<Estate> },
): boolean {
  const course = courseOf(appliedShard(estate.state.applied, shard), undefined);
  if (course.kind === 'held') return true;
  return planOn(course, { shard, now: clock.now(), estate, extent: 'restrictions' }).length > 0;
}

async function syncShard(
  request: SyncRequest,
  shard: Shard,
  estate: Projected<Estate>,
): Promise<{ result: ShardSynced; estate: Projected<Estate> }> {
  const { ledger, clock, actor, only, past, onProgress, timeoutMs } = request;
  const role = await takeRole(request, `applier/${shard.shard}`);
  try {
    const driver = request.driverFor(shard);
    const context = {
      ...{ ledger, clock, actor, driver, shard, reported: new Set<string>() },
      ...{ only, past, onProgress },
    };
    return await untilSettled(context, timeoutMs, estate);
  } finally {
    await role.release();
  }
}

/** Waits for another applier of the shard to finish, as it would for a host; throws RoleHeld when the time is up. */
async function takeRole({ holdRole, clock, timeoutMs }: SyncRequest, role: string): Promise<HeldRole> {
  const deadlineMs = clock.elapsedMs() + timeoutMs;
  for (;;) {
    try {
      return await holdRole(role);
    } catch (fault) {
      if (!(fault instanceof RoleHeld) || clock.elapsedMs() >= deadlineMs) throw fault;
    }
    await clock.sleep(pauseMs);
  }
}

async function untilSettled(
  context: ApplierContext,
  timeoutMs: number,
  from: Projected<Estate>,
): Promise<{ result: ShardSynced; estate: Projected<Estate> }> {
  const { clock } = context;
  const deadlineMs = clock.elapsedMs() + timeoutMs;
  let last = await round(context, from);
  let result = resultOf(context, last);
  while (!last.settled && clock.elapsedMs() < deadlineMs) {
    const leftMs = Math.max(0, deadlineMs - clock.elapsedMs());
    if (last.absent.size > 0) await clock.sleep(Math.min(pauseMs, leftMs));
    last = await round(context, last.estate);
    result = joined(result, resultOf(context, last));
  }
  return { result, estate: last.estate };
}

function resultOf({ shard: { shard } }: ApplierContext, round: Round): ShardSynced {
  return {
    shard,
    plan: appliedShard(round.estate.state.applied, shard).plan,
    driven: [...round.driven].sort(),
    cleared: [...round.cleared].sort(),
    drifted: round.drifted.map(({ host, reading }) => ({ host, found: foundWords(reading) })),
    absent: Array.from(round.absent, ([host, problem]) => ({ host, problem })),
    ...defined({ held: round.held }),
  };
}

/** What an earlier and a later round of a shard came to together: only the later one says who is still away. */
function joined(earlier: ShardSynced | undefined, later: ShardSynced): ShardSynced {
  if (earlier === undefined) return later;
  const union = (key: 'driven' | 'cleared'): string[] =>
    [...new Set([...earlier[key], ...later[key]])].sort();
  const known = new Set(later.drifted.map(({ host }) => host));
  return {
    ...later,
    driven: union('driven'),
    cleared: union('cleared'),
    drifted: [...earlier.drifted.filter(({ host }) => !known.has(host)), ...later.drifted],
  };
}
