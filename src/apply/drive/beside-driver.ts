import { compareNaturally } from '../../runtime/natural-order.ts';
import { defined } from '../../../events/codec/defined.ts';
import type { Actor } from '../../../events/entry.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import type { Ledger } from '../../ledger/port.ts';
import { marksWithin, promptMarkMsMax } from '../../overlay/in-time.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { RoleHeld } from '../../roles/faults.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { HeldTurn } from '../../runtime/turns.ts';
import type { PastState, TakingAway } from '../plan/course.ts';
import { lookBeside } from './look-beside.ts';
import { foundWords } from './read-hosts.ts';
import { bypassesOf, notTaken, type ShardSynced } from './shard-synced.ts';
import { hostsLeft, isWorkLeft } from './work-left.ts';

/** What is asked of a shard that another process drives. */
export interface BesideRequest {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly shard: string;
  readonly driverOn: (estate: Estate) => OverlayDriver;
  readonly reads: 'hosts' | 'marks';
  readonly only?: TakingAway | undefined;
  readonly past?: PastState | undefined;
}

/** What another process that drives a shard brings about, as the ledger tells it. */
export class BesideDriver {
  readonly #request: BesideRequest;
  #plans: ReadonlyMap<string, number> | undefined;
  #leaving: ReadonlySet<string> = new Set();
  #drifted: ShardSynced['drifted'] = [];

  constructor(request: BesideRequest) {
    this.#request = request;
  }

  /**
   * Looks at the shard; the first time at its hosts too, where they are to be read whole, so that what somebody else changed there
   * is put right by whoever drives. `isDone`: the ledger says that all was brought about that is asked for.
   */
  async look(
    from: Projected<Estate>,
    by: RoleHeld,
    turn: HeldTurn,
  ): Promise<{ estate: Projected<Estate>; result: ShardSynced; isDone: boolean }> {
    const { ledger, clock, actor, shard, driverOn, reads, only, past } = this.#request;
    let estate = await from.catchUp(ledger);
    if (this.#plans === undefined) {
      const { hosts, leavingHosts } = appliedShard(estate.state.applied, shard);
      this.#plans = new Map(Array.from(hosts, ([host, { plan }]) => [host, plan]));
      this.#leaving = new Set(leavingHosts);
      if (reads === 'hosts' && only !== 'restrictions') {
        // Whoever drives the shard waits for a host that stands still: it is only looked at here.
        const driver = marksWithin(driverOn(estate.state), clock, { markMs: promptMarkMsMax });
        const looked = await lookBeside({ ledger, actor, driver, shard, turn }, estate);
        this.#drifted = looked.drifted.map(({ host, reading, isNew }) => ({
          ...{ host, found: foundWords(reading), isNew },
        }));
        ({ estate } = looked);
      }
    }
    const isDone = !isWorkLeft(shard, { estate, now: clock.now(), only, past });
    return { estate, isDone, result: this.#result(estate, { by, isDone }) };
  }

  #result(estate: Projected<Estate>, { by, isDone }: { by: RoleHeld; isDone: boolean }): ShardSynced {
    const { shard, past } = this.#request;
    const applied = appliedShard(estate.state.applied, shard);
    const { plan, hosts, failed, leavingHosts, held } = applied;
    const left = hostsLeft(shard, { estate });
    const absent = left.flatMap((host) => {
      const failure = failed.get(host);
      return failure?.plan === plan ? [{ host, problem: failure.problem }] : [];
    });
    // Where each host that is left has said why, it is the hosts that are waited for, and not who drives them.
    const isTold = isDone || (left.length > 0 && absent.length === left.length);
    if (!isTold) return notTaken(by, { shard, plan });
    const driven = [...hosts]
      .filter(([host, at]) => at.plan > (this.#plans?.get(host) ?? 0))
      .map(([host]) => host);
    const otherwise = new Set([...driven, ...left]);
    const inUse = hostsOfShard(estate.state.intended.directory, shard);
    return {
      ...{ shard, plan, absent, refused: [], by, drifted: this.#drifted },
      upToDate: inUse.filter((host) => !otherwise.has(host)),
      driven: driven.sort(compareNaturally),
      cleared: [...this.#leaving.difference(leavingHosts)].sort(compareNaturally),
      ...defined({ held: past === undefined ? held : undefined }),
      ...bypassesOf(applied),
    };
  }
}
