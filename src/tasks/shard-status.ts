import { compareNaturally } from '../runtime/natural-order.ts';
import { outlookOn } from '../apply/plan/shard-outlook.ts';
import {
  appliedShard,
  type AppliedShard,
  type Hold,
  type OpenDrift,
} from '../../projections/applied/applied.ts';
import { hostsOfShard, isGone, type HostOfShard } from '../../projections/directory/directory.ts';
import type { Estate } from '../projector/estate-projection.ts';
import type { Projected } from '../projector/projection.ts';

/** The plan that a host acknowledged last, and the later one, if any, that it did not take. */
export interface HostStatus {
  readonly host: string;
  readonly plan: number;
  readonly failed: {
    readonly plan: number;
    readonly problem: string;
    /** The plan that the host says it holds, where the ledger has no such plan. */
    readonly holds: number | null;
  } | null;
}

/** How far one shard has come. */
export interface ShardStatus {
  readonly shard: string;
  readonly overlay: string;
  readonly tenants: number;
  /** The seq up to which the estate is intended, and the number of the plan that was last recorded for it. */
  readonly intended: { readonly seq: number };
  readonly planned: { readonly plan: number; readonly pendingObjects: number };
  /** The plan that every host has acknowledged, and each host's own. */
  readonly applied: { readonly plan: number; readonly hosts: readonly HostStatus[] };
  /**
   * How many plans the slowest host is behind, one more where objects wait to be planned. A host that never acknowledged one is
   * behind by the last alone, which is given to it at once.
   */
  readonly lag: number;
  /** Hosts that were last found to hold something else than they had acknowledged. */
  readonly drifted: readonly string[];
  /** The past state that its applier stands still at. */
  readonly held: Hold | null;
}

/** Compares what a shard is to hold at an instant with what was planned, and that with what its hosts acknowledged. */
export function shardStatus(
  { state, cursor }: Projected<Estate>,
  { shard, at }: { shard: string; at: string },
): ShardStatus {
  const { directory } = state.intended;
  const applied = appliedShard(state.applied, shard);
  const { delta } = outlookOn(state, { shard, at });
  const pendingObjects = delta.put.length + delta.removed.length;
  const hosts = hostsOfShard(directory, shard).map((host) => hostStatus(applied, host));
  const { plan } = applied;
  const slowest = Math.min(plan, ...hosts.map((host) => host.plan));
  const behind = Math.max(
    0,
    ...hosts.map((host) => (host.plan === 0 ? Math.min(plan, 1) : plan - host.plan)),
  );
  return {
    shard,
    overlay: directory.shards.get(shard)?.overlay ?? '',
    tenants: [...directory.placements.values()].filter((home) => home === shard).length,
    intended: { seq: cursor.size - 1 },
    planned: { plan, pendingObjects },
    applied: { plan: slowest, hosts },
    lag: behind + (pendingObjects > 0 ? 1 : 0),
    drifted: [...applied.drifted.keys()].sort(compareNaturally),
    held: applied.held ?? null,
  };
}

function hostStatus({ hosts, failed }: AppliedShard, host: string): HostStatus {
  const failure = failed.get(host);
  return {
    host,
    plan: hosts.get(host)?.plan ?? 0,
    failed: failure === undefined ? null : { ...failure, holds: failure.holds ?? null },
  };
}

/**
 * A retired host that may still hold something, with the plan that it acknowledged last. That it could not be emptied is
 * recorded nowhere: only the command that tried says so.
 */
export interface LeavingHost extends HostStatus {
  readonly shard: string;
  /** What was found there last in place of what it had acknowledged; null where nothing was. */
  readonly found: OpenDrift['found'] | null;
  /** Whether its shard is held, so that only a quarantine empties it. */
  readonly held: boolean;
}

/** Retired hosts that may still hold something, also of shards that are retired themselves. */
export function leavingHosts({ applied }: Estate): LeavingHost[] {
  return [...applied.shards.entries()]
    .flatMap(([name, shard]) =>
      Array.from(shard.leavingHosts, (host) => ({
        ...{ shard: name, ...hostStatus(shard, host), held: shard.held !== undefined },
        found: shard.drifted.get(host)?.found ?? null,
      })),
    )
    .sort((a, b) => compareNaturally(`${a.shard} ${a.host}`, `${b.shard} ${b.host}`));
}

/** Hosts that documents declare, and of which a person said that they are gone. */
export function goneHosts({ intended: { directory } }: Estate): HostOfShard[] {
  return Array.from(directory.hosts.values())
    .filter((host) => isGone(directory, host))
    .map(({ shard, host }) => ({ shard, host }))
    .sort((a, b) => compareNaturally(`${a.shard} ${a.host}`, `${b.shard} ${b.host}`));
}
