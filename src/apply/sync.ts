import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../../events/entry.ts';
import type { Shard } from '../../events/estate.ts';
import { RoleHeld } from '../ledger/faults.ts';
import type { Ledger } from '../ledger/port.ts';
import type { OverlayDriver } from '../overlay/port.ts';
import { estateProjection, type Estate } from '../project/estate.ts';
import { project, type Projected } from '../project/projection.ts';
import type { Clock } from '../runtime/clock.ts';
import { round, type ApplierContext, type Progress, type Round } from './applier.ts';

export interface SyncRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly driverFor: (shard: Shard) => OverlayDriver;
  /** Takes the exclusive role of a shard's applier; throws RoleHeld where another process has it. */
  readonly holdRole: (role: string) => { release(): void };
  /** One shard only; all if left out. */
  readonly shard?: string;
  /** How long to wait for hosts that do not take their plan. */
  readonly timeoutMs: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** What came of one shard: the plan its hosts are at, which of them were driven, and which stayed away, with the reason. */
export interface ShardSynced {
  readonly shard: string;
  readonly plan: number;
  readonly driven: readonly string[];
  readonly absent: readonly { readonly host: string; readonly problem: string }[];
}

export interface Synced {
  readonly shards: readonly ShardSynced[];
  readonly estate: Projected<Estate>;
}

/** How long to wait before trying absent hosts again. */
const pauseMs = 250;

/** Runs the applier of each shard until its overlay is where the events say, or the time is up. */
export async function sync(request: SyncRequest, from: Projected<Estate>): Promise<Synced> {
  let estate = await project(request.ledger, estateProjection, from);
  const shards: ShardSynced[] = [];
  const wanted = [...estate.state.intended.directory.shards.values()]
    .filter(({ shard }) => request.shard === undefined || shard === request.shard)
    .sort((a, b) => (a.shard < b.shard ? -1 : 1));
  for (const shard of wanted) {
    const role = await takeRole(request, `applier/${shard.shard}`);
    try {
      const synced = await syncShard(
        { ...request, shard, driver: request.driverFor(shard), reported: new Set() },
        estate,
      );
      estate = synced.estate;
      shards.push(synced.result);
    } finally {
      role.release();
    }
  }
  return { shards, estate };
}

/** Waits for another applier of the shard to finish, as it would for a host; throws RoleHeld when the time is up. */
async function takeRole({ holdRole, timeoutMs }: SyncRequest, role: string): Promise<{ release(): void }> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return holdRole(role);
    } catch (fault) {
      if (!(fault instanceof RoleHeld) || performance.now() >= deadline) throw fault;
    }
    await sleep(pauseMs);
  }
}

async function syncShard(
  context: ApplierContext & { timeoutMs: number },
  from: Projected<Estate>,
): Promise<{ result: ShardSynced; estate: Projected<Estate> }> {
  const deadline = performance.now() + context.timeoutMs;
  const driven = new Set<string>();
  let last: Round = await round(context, from);
  for (const host of last.driven) driven.add(host);
  while (!last.settled && performance.now() < deadline) {
    if (last.absent.size > 0) await sleep(Math.min(pauseMs, Math.max(0, deadline - performance.now())));
    last = await round(context, last.estate);
    for (const host of last.driven) driven.add(host);
  }
  const { shard } = context.shard;
  const result = {
    shard,
    plan: last.estate.state.applied.shards.get(shard)?.plan ?? 0,
    driven: [...driven].sort(),
    absent: Array.from(last.absent, ([host, problem]) => ({ host, problem })),
  };
  return { result, estate: last.estate };
}
