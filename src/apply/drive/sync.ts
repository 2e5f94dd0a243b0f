import { isDeepStrictEqual } from 'node:util';
import { compareNaturally } from '../../runtime/natural-order.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Host, Shard } from '../../../events/estate.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { hostsDrivenBy } from '../../../projections/directory/directory.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { DriverFor, OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { RoleHeld, RolesUnavailable } from '../../roles/faults.ts';
import type { HeldRole, Roles } from '../../roles/port.ts';
import type { Clock } from '../../runtime/clock.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import { Turns, type HeldTurn } from '../../runtime/turns.ts';
import { courseOf, planOn, type TakingAway, type PastState } from '../plan/course.ts';
import { BesideDriver } from './beside-driver.ts';
import { HostBugs } from './host-bugs.ts';
import type { ApplierContext } from './applier-context.ts';
import type { Progress } from './drive-hosts.ts';
import { passTime } from '../record/pass-time.ts';
import { RoleByTurns } from './role-by-turns.ts';
import { joined, notTaken, type ShardSynced } from './shard-synced.ts';
import { untilSettled, type OneSynced, type WaitingForHosts } from './until-settled.ts';

export interface SyncRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly driverFor: DriverFor;
  /** Takes the exclusive role of a shard's applier; throws RoleHeld where another process has it, RolesUnavailable where nobody can take it. */
  readonly holdRole: Roles['hold'];
  /** These shards only; all if left out. */
  readonly shards?: readonly string[] | undefined;
  /**
   * What is read of hosts before they are driven. `hosts`: each of them whole, so that whatever somebody else changed is found.
   * `marks`: what they say that they hold, at a cost that does not grow, and whole only where that is not what it should be.
   */
  readonly reads: 'hosts' | 'marks';
  /** A part of it only: what adds is left for a later sync. */
  readonly only?: TakingAway | undefined;
  /** A past state to drive to instead of the present one; for a single shard that is held. */
  readonly past?: PastState | undefined;
  /** How long to wait for hosts that do not take their plan, and for roles, in all. A cut gives calls up then that are under way. */
  readonly timeoutMs: number;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Hears once of each shard that some of its hosts are waited for, when the others are driven. */
  readonly onWaiting?: ((waiting: WaitingForHosts) => void) | undefined;
}

export interface Synced {
  readonly shards: readonly ShardSynced[];
  readonly estate: Projected<Estate>;
}

/** Whoever has a role again does not ask what others brought about meanwhile: the next round tells. */
const never = (): Promise<boolean> => Promise.resolve(false);

/** How long to wait before looking again what another process has brought about. */
const besideMs = 25;

/** How many shards are driven at a time: each holds a role, and drives several hosts. */
const shardsAtOnce = 8;

/**
 * Runs the applier of each shard until its overlay is where the events say, or the time is up. Shards are driven side by
 * side: they share one estate, which is theirs by turns, and nobody has the turn who waits for a host. What only takes away is
 * driven in all of the shards before anything is added in any, and before hosts that are away are waited for. A host that
 * refuses, is away or slow, and a shard whose role cannot be taken, keep no other from being driven. Throws what reading and
 * writing a ledger throws, and an error that nobody foresaw at a host, once the others were driven.
 */
export async function sync(request: SyncRequest, from: Projected<Estate>): Promise<Synced> {
  const { only, clock } = request;
  const deadlineMs = clock.elapsedMs() + request.timeoutMs;
  let estate = await passTime(request, from);
  const wanted = shardsToDrive(estate.state, request.shards);
  const results = new Map<string, ShardSynced>();
  const settled = new Set<string>();
  const seen = new Map(wanted.map(({ shard }) => [shard, new Map<string, string>()]));
  const turns = new Turns();
  const bugs = new HostBugs();
  const driveEach = async (
    shards: readonly Shard[],
    how: Pick<SyncRequest, 'only' | 'timeoutMs'>,
  ): Promise<void> => {
    const note = (shard: string, synced: OneSynced): void => {
      estate = synced.estate;
      results.set(shard, joined(results.get(shard), synced.result));
      if (synced.settled) settled.add(shard);
    };
    const work = async (shard: Shard): Promise<void> => {
      const driverOn = driverByHosts(bugs.keptBy(request.driverFor), shard);
      const asked = {
        ...request,
        ...how,
        driverOn,
        seen: seen.get(shard.shard) ?? new Map<string, string>(),
      };
      const beside = new BesideDriver({ ...asked, shard: shard.shard });
      const look = (by: RoleHeld): Promise<boolean> =>
        turns.with(async (turn) => {
          const looked = await beside.look(estate, by, turn);
          note(shard.shard, { ...looked, settled: looked.isDone });
          return looked.isDone;
        });
      const named = applierRole(shard.shard);
      const role = await RoleByTurns.take(asked, {
        first: () => takeRole(asked, named, look),
        again: (timeoutMs) => takeRole({ ...asked, timeoutMs }, named, never),
      });
      if (role === undefined) return;
      try {
        await turns.with(async (turn) => {
          note(shard.shard, await syncShard({ ...asked, turn }, shard, { estate, role }));
        });
      } finally {
        if (role instanceof RoleByTurns) await role.release();
      }
    };
    await sideBySide(shards, { atOnce: shardsAtOnce, work });
  };
  if (wanted.length > 1) {
    // One round, without waiting for hosts that are away: the second turn does that, for all of it.
    const restricting = wanted.filter((shard) => only !== undefined || restricts(request, { shard, estate }));
    await driveEach(restricting, { only: only ?? 'restrictions', timeoutMs: 0 });
  }
  const left = wanted.filter(({ shard }) => only === undefined || !settled.has(shard));
  await driveEach(left, { only, timeoutMs: Math.max(0, deadlineMs - clock.elapsedMs()) });
  bugs.throwFirst();
  return { shards: [...results.values()].sort((a, b) => compareNaturally(a.shard, b.shard)), estate };
}

/** The shards that are asked for, and retired ones whose hosts are not empty yet, by name. */
export function shardsToDrive({ intended, applied }: Estate, asked: SyncRequest['shards']): Shard[] {
  const { shards, formerShards } = intended.directory;
  const leaving = [...formerShards.values()].filter(
    ({ shard }) => appliedShard(applied, shard).leavingHosts.size > 0,
  );
  return [...shards.values(), ...leaving]
    .filter(({ shard }) => asked === undefined || asked.includes(shard))
    .sort((a, b) => compareNaturally(a.shard, b.shard));
}

function restricts(
  { clock }: SyncRequest,
  { shard: { shard }, estate }: { shard: Shard; estate: Projected<Estate> },
): boolean {
  const course = courseOf(appliedShard(estate.state.applied, shard), undefined);
  if (course.kind === 'held') return true;
  return planOn(course, { shard, now: clock.now(), estate, extent: 'restrictions' }).events.length > 0;
}

interface ShardRequest extends SyncRequest {
  /** By host of the shard, when it was seen whole. See Driving. */
  readonly seen: Map<string, string>;
  readonly driverOn: ApplierContext['driverOn'];
  /** Of the estate, among the shards that are driven. */
  readonly turn: HeldTurn;
}

/** The role of whoever drives a shard. */
export function applierRole(shard: string): string {
  return `applier/${shard}`;
}

async function syncShard(
  request: ShardRequest,
  shard: Shard,
  { estate, role }: { estate: Projected<Estate>; role: RoleByTurns | RolesUnavailable },
): Promise<OneSynced> {
  const { ledger, clock, actor, driverOn, reads, seen, turn, only, past, onProgress, onWaiting } = request;
  if (!(role instanceof RoleByTurns)) {
    const { plan } = appliedShard(estate.state.applied, shard.shard);
    return { result: notTaken(role, { shard: shard.shard, plan }), estate, settled: false };
  }
  driverOn(estate.state).tidy?.();
  const context = {
    ...{ ledger, clock, actor, driverOn, shard, reported: new Set<string>() },
    ...{ reads, seen, turn, only, past, onProgress },
  };
  return untilSettled({ context, role, onWaiting }, estate);
}

/** The driver of a shard on an estate: another one only where the hosts are others by then, or are reached otherwise. */
export function driverByHosts(driverFor: DriverFor, shard: Shard): ApplierContext['driverOn'] {
  let last: { readonly hosts: ReadonlyMap<string, Host>; readonly driver: OverlayDriver } | undefined;
  return ({ intended: { directory } }) => {
    const hosts = hostsDrivenBy(directory, shard.shard);
    if (last === undefined || !isDeepStrictEqual(last.hosts, hosts))
      last = { hosts, driver: driverFor(shard, hosts) };
    return last.driver;
  };
}

/**
 * Takes a role, or waits for who holds it: undefined once `look` has seen that all was brought about, or the time is up. It waits for
 * nobody where the role's place is unusable, since a person has to see to that, and returns that fault at once.
 */
export async function takeRole(
  { holdRole, clock, timeoutMs }: Pick<SyncRequest, 'holdRole' | 'clock' | 'timeoutMs'>,
  role: string,
  look: (by: RoleHeld) => Promise<boolean>,
): Promise<HeldRole | RolesUnavailable | undefined> {
  const deadlineMs = clock.elapsedMs() + timeoutMs;
  for (;;) {
    try {
      return await holdRole(role);
    } catch (fault) {
      if (fault instanceof RolesUnavailable) return fault;
      if (!(fault instanceof RoleHeld)) throw fault;
      if ((await look(fault)) || clock.elapsedMs() >= deadlineMs) return undefined;
    }
    await clock.sleep(besideMs);
  }
}
