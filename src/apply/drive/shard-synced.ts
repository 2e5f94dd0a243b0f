import { compareNaturally } from '../../runtime/natural-order.ts';
import { defined } from '../../../events/codec/defined.ts';
import { appliedShard, type AppliedShard, type Hold } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import type { RoleHeld, RoleNotTaken } from '../../roles/faults.ts';
import type { HostRefusal } from './drive-host.ts';
import { foundWords, joinedDrifts } from './read-hosts.ts';
import type { Round } from './round-outcome.ts';

/** The outcome of driving one shard: its plan, and the hosts that were driven, emptied, had drifted, stayed away or refused. */
export interface ShardSynced {
  readonly shard: string;
  readonly plan: number;
  readonly driven: readonly string[];
  /** The hosts in use that hold the plan and were given nothing by this process: each host is here, driven, absent or refusing. */
  readonly upToDate: readonly string[];
  /** Retired hosts that now hold nothing. */
  readonly cleared: readonly string[];
  /** Hosts that did not hold what they had acknowledged, what was found there, and whether that had not been recorded before. */
  readonly drifted: readonly { readonly host: string; readonly found: string; readonly isNew: boolean }[];
  readonly absent: readonly { readonly host: string; readonly problem: string }[];
  /** Hosts that refuse what they are given, each with the reason: no waiting cures that. */
  readonly refused: readonly { readonly host: string; readonly fault: HostRefusal }[];
  /** Another process drives the shard, or nobody can: the reason for which this one drove none of its hosts. */
  readonly taken?: RoleNotTaken;
  /** Another process drives the shard, and has brought about what is told here. */
  readonly by?: RoleHeld;
  /** The past state that the shard is held at: nothing but quarantine was driven. */
  readonly held?: Hold;
  /** Hosts that persons change by hand, where there are any: what is found there is left. */
  readonly bypasses?: readonly string[];
}

/** The hosts of a shard that persons change by hand, as an outcome has them. */
export function bypassesOf({ bypasses }: AppliedShard): Pick<ShardSynced, 'bypasses'> {
  const hosts = [...bypasses.open.keys()].sort(compareNaturally);
  return hosts.length === 0 ? {} : { bypasses: hosts };
}

/** The outcome of one round, as the outcome of its shard. */
export function syncedBy(shard: string, round: Round): ShardSynced {
  const { applied, intended } = round.estate.state;
  const { driven, absent, refused } = round;
  const otherwise = new Set([...driven, ...absent.keys(), ...refused.keys()]);
  const known = appliedShard(applied, shard);
  return {
    shard,
    plan: known.plan,
    upToDate: hostsOfShard(intended.directory, shard).filter((host) => !otherwise.has(host)),
    driven: [...round.driven].sort(compareNaturally),
    cleared: [...round.cleared].sort(compareNaturally),
    drifted: round.drifted.map(({ host, reading, isNew }) => ({ host, found: foundWords(reading), isNew })),
    absent: Array.from(round.absent, ([host, problem]) => ({ host, problem })),
    refused: Array.from(round.refused, ([host, fault]) => ({ host, fault })),
    ...defined({ held: round.held }),
    ...bypassesOf(known),
  };
}

/** The outcome of a shard whose role was not taken. */
export function notTaken(
  taken: RoleNotTaken,
  { shard, plan }: Pick<ShardSynced, 'shard' | 'plan'>,
): ShardSynced {
  return { shard, plan, driven: [], upToDate: [], cleared: [], drifted: [], absent: [], refused: [], taken };
}

/** What shards came to that were driven one time after the other, by name. One that is empty by now may come but once. */
export function joinedByShard(
  earlier: readonly ShardSynced[],
  later: readonly ShardSynced[],
): readonly ShardSynced[] {
  const byShard = new Map(earlier.map((synced) => [synced.shard, synced]));
  for (const synced of later) byShard.set(synced.shard, joined(byShard.get(synced.shard), synced));
  return [...byShard.values()].sort((a, b) => compareNaturally(a.shard, b.shard));
}

/**
 * What an earlier and a later round of a shard came to together: only the later one says which hosts are still away, or
 * refuse.
 */
export function joined(earlier: ShardSynced | undefined, later: ShardSynced): ShardSynced {
  if (earlier === undefined) return later;
  const union = (key: 'driven' | 'cleared'): string[] =>
    [...new Set([...earlier[key], ...later[key]])].sort(compareNaturally);
  const driven = union('driven');
  return {
    ...later,
    driven,
    upToDate: later.upToDate.filter((host) => !driven.includes(host)),
    cleared: union('cleared'),
    drifted: joinedDrifts(earlier.drifted, later.drifted),
  };
}
