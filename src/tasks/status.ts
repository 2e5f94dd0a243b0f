import { clockAhead, type ClockAhead } from '../ledger/clocks.ts';
import { compareNaturally } from '../runtime/natural-order.ts';
import { judgedAt } from '../ledger/instants.ts';
import type { HostOfShard } from '../../projections/directory/directory.ts';
import { grantKey } from '../../projections/intended/grants.ts';
import { halfGiven, type HalfGiven } from '../../projections/intended/half-given.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { quarantinedNames } from '../../projections/intended/quarantine.ts';
import { rootOf, type Unfinished } from '../ledger/replay.ts';
import type { Estate } from '../projector/estate-projection.ts';
import { attemptsOf, type Attempts } from './attempts.ts';
import { bypassesIn, type BypassStatus } from './bypass.ts';
import { openExposures, type Exposures } from './exposures.ts';
import { hostsNotHere } from './hosts-not-here.ts';
import { goneHosts, leavingHosts, shardStatus, type LeavingHost, type ShardStatus } from './shard-status.ts';
import { loadEstate, type Workspace } from './workspace.ts';

/** How far intent, plans and hosts have come, and what waits for somebody. Names are in alphabetical order. */
export interface Status {
  readonly ledger: { readonly id: string; readonly size: number; readonly root: string };
  readonly shards: readonly (ShardStatus & { readonly attempts: Attempts })[];
  /** Retired hosts that are still to be emptied. */
  readonly leaving: readonly LeavingHost[];
  /** Hosts that documents declare, and of which a person said that they are gone. */
  readonly gone: readonly HostOfShard[];
  /** Hosts that persons change by hand, or did, and that nobody saw whole since. */
  readonly bypasses: readonly BypassStatus[];
  /** Tenants on no shard. */
  readonly unplaced: readonly string[];
  /** Tenants, segments and externals. */
  readonly quarantined: readonly string[];
  readonly unfinished: Unfinished;
  /** Null unless the last entry is far ahead of this machine's clock. */
  readonly clockAhead: ClockAhead | null;
  /** To be said where the hosts of this ledger are not in their place. */
  readonly notHere: string | undefined;
  readonly exposures: Exposures;
  /** Consents that only one side has given. */
  readonly halfGiven: readonly HalfGiven[];
  /** Consents that both sides have given, one of them from an instant to come. */
  readonly waitingForTime: readonly (HalfGiven & { readonly opensAt: string })[];
}

/** How often the ledger is read again while others record: what is told together is to be of one instant. */
const looksMax = 4;

/** Reads the ledger, and of hosts only what they count. Throws what reading a ledger and verify throw. */
export async function status(workspace: Workspace): Promise<Status> {
  const { ledger, clock } = workspace;
  const estate = await loadEstate(workspace);
  let unfinished: Unfinished = { pending: 0, voidBatches: [] };
  const onUnfinished = (found: Unfinished): void => {
    unfinished = found;
  };
  let exposures = await openExposures({ ledger, clock, onUnfinished });
  for (let look = 1; look < looksMax; look += 1) {
    const { size } = estate.cursor;
    await estate.catchUp(ledger);
    if (estate.cursor.size === size) break;
    exposures = await openExposures({ ledger, clock, onUnfinished });
  }
  const now = clock.now();
  const at = judgedAt(now, estate.recordedAt);
  const { intended } = estate.state;
  const attempts = await attemptsOf(workspace, estate.state, at);
  return {
    ledger: { id: ledger.id, size: estate.cursor.size, root: rootOf(estate.cursor) },
    shards: [...attempts]
      .sort(([one], [other]) => compareNaturally(one, other))
      .map(([shard, dropped]) => ({ ...shardStatus(estate, { shard, at }), attempts: dropped })),
    leaving: leavingHosts(estate.state),
    gone: goneHosts(estate.state),
    bypasses: await bypassesIn(ledger, estate.state),
    unplaced: unplacedOf(estate.state),
    quarantined: quarantinedNames(intended.quarantine),
    unfinished,
    clockAhead: clockAhead({ recordedAt: estate.recordedAt, now }) ?? null,
    notHere: hostsNotHere(workspace, estate.state),
    exposures,
    ...consentsWaiting(intended, at),
  };
}

function consentsWaiting(intended: Intended, at: string): Pick<Status, 'halfGiven' | 'waitingForTime'> {
  const keyed = Array.from(halfGiven(intended, { at }), (half) => ({
    key: `${grantKey(half)} ${half.opensAt ?? ''}`,
    half,
  }));
  const halves = keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ half }) => half);
  return {
    halfGiven: halves.filter(({ opensAt }) => opensAt === undefined),
    waitingForTime: halves.flatMap((half) =>
      half.opensAt === undefined ? [] : [{ ...half, opensAt: half.opensAt }],
    ),
  };
}

function unplacedOf({ intended: { directory } }: Estate): string[] {
  return [...directory.tenants.keys()]
    .filter((tenant) => !directory.placements.has(tenant))
    .sort(compareNaturally);
}
