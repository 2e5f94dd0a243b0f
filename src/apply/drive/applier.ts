import type { Actor } from '../../../events/entry.ts';
import type { Shard } from '../../../events/estate.ts';
import { appliedShard, type AppliedShard, type Hold } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { judgedAt } from '../../ledger/instants.ts';
import type { Ledger } from '../../ledger/port.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import {
  courseOf,
  emptiesRetired,
  extentsOf,
  planOn,
  type Course,
  type Extent,
  type TakingAway,
  type PastState,
  type PlanProposal,
} from '../plan/course.ts';
import { record } from '../record/record.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import type { HeldTurn } from '../../runtime/turns.ts';
import { clearHost, type Driving, type HostRefusal, type Outcome } from './drive-host.ts';
import { driveHosts, type Progress } from './drive-hosts.ts';
import { JoinedAppends } from './joined-appends.ts';
import {
  allForeign,
  driftedHosts,
  hostsAtOnce,
  isSeenWhole,
  joinedDrifts,
  toldDrifts,
  type ToldDrift,
  type Readings,
} from './read-hosts.ts';
import { isReplacedUnread, isTakenAwayUnread } from './host-change.ts';
import { readAndCount } from './record-drops.ts';
import { driftOf, withOlderPlans } from './record-drift.ts';

/** What the applier of one shard works with. It alone may drive the shard: the caller holds the shard's role. */
export interface ApplierContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  /** The driver of the shard, by the hosts that an estate has. */
  readonly driverOn: (estate: Estate) => OverlayDriver;
  readonly shard: Shard;
  /** See Driving. */
  readonly reported: Set<string>;
  /** `hosts`: every host is read whole, once. `marks`: only where its mark is not what it should be. */
  readonly reads: 'hosts' | 'marks';
  /** By host, when it was seen whole. See Driving. */
  readonly seen: Map<string, string>;
  /** Of the estate, which others may move on while a host is waited for. */
  readonly turn: HeldTurn;
  readonly only?: TakingAway | undefined;
  /** A past state to drive the shard to instead of the present one, though the shard is held. */
  readonly past?: PastState | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The outcome of one round. `settled`: every host holds its objects, as far as was asked, unless it refuses them. */
export interface Round {
  readonly estate: Projected<Estate>;
  readonly driven: readonly string[];
  /** Hosts that were retired and now hold nothing. */
  readonly cleared: readonly string[];
  /** Hosts that did not take the plan, with the reason in words. */
  readonly absent: ReadonlyMap<string, string>;
  /** Hosts that refuse what they are given: no waiting cures that. */
  readonly refused: ReadonlyMap<string, HostRefusal>;
  /** Hosts that were found to hold something else than they had acknowledged. */
  readonly drifted: readonly ToldDrift[];
  /** The past state that the shard is held at: then nothing but quarantine was planned. */
  readonly held: Hold | undefined;
  readonly settled: boolean;
}

/**
 * One round: reads the hosts and records what is not as acknowledged; plans and drives what only takes away; then plans
 * and drives the rest, and empties hosts that were retired. Whatever a crash left undone, the next round completes: the
 * plan is in the ledger before the first host is touched, and a host is read before it is written.
 *
 * What is planned follows from the shard's course: see Course. A shard that stays held is kept as it is but for quarantine,
 * and its retired hosts wait, unless somebody is to be cut off.
 *
 * A host that refuses keeps no other from being driven. Where all hosts hold another ledger's objects, this ledger is
 * the wrong one: then nothing is recorded but what was found.
 */
export async function round(context: ApplierContext, from: Projected<Estate>): Promise<Round> {
  const estate = await from.catchUp(context.ledger);
  const run = new RoundRun(context, estate);
  await run.observe();
  if (run.isWrongLedger()) return run.result();
  for (const extent of run.extents) await run.carryOut(extent);
  if (run.emptiesRetired) await run.clearRetired();
  return run.result();
}

/** The steps of a round, and what they have come to so far. */
class RoundRun {
  readonly extents: readonly Extent[];
  readonly emptiesRetired: boolean;
  readonly #context: ApplierContext;
  readonly #driving: Driving;
  readonly #course: Course;
  readonly #estate: Projected<Estate>;
  /** As it was when this shard had the turn last. */
  #recordedAt: string | undefined;
  #readings: Readings = new Map();
  #drifted: readonly ToldDrift[] = [];
  readonly #driven = new Set<string>();
  readonly #cleared: string[] = [];
  readonly #absent = new Map<string, string>();
  readonly #refused = new Map<string, HostRefusal>();

  constructor(context: ApplierContext, estate: Projected<Estate>) {
    const { ledger, clock, actor, driverOn, seen, reported, past, only } = context;
    const driver = driverOn(estate.state);
    this.#context = context;
    const appends = new JoinedAppends({ ledger, actor });
    const now = (): string => judgedAt(clock.now(), this.#recordedAt);
    this.#driving = { ledger, actor, driver, shard: context.shard.shard, appends, now, seen, reported };
    this.#estate = estate;
    this.#recordedAt = estate.recordedAt;
    this.#course = courseOf(this.#applied(), past);
    this.extents = extentsOf(this.#course, only);
    this.emptiesRetired = emptiesRetired(this.#course, only);
  }

  /** True if all hosts were read to hold another ledger's objects. */
  isWrongLedger(): boolean {
    const foreign = this.#allForeign();
    for (const [host, fault] of foreign ?? []) this.#refused.set(host, fault);
    return foreign !== undefined;
  }

  /** Reads every host, and records where one does not hold what it acknowledged, unless the ledger says so already. */
  async observe(): Promise<void> {
    const { reads, seen } = this.#context;
    const hosts = [...this.#hosts(), ...this.#applied().leavingHosts];
    await this.#read(hosts, (host) => reads === 'hosts' && !seen.has(host));
  }

  /** Records a plan of that extent, if there is something to it, and drives every host to the last plan. */
  async carryOut(extent: Extent): Promise<void> {
    const isPlanned = await this.#recordPlan(extent);
    // Without a plan of their own, restrictions leave it to what comes after them to drive the hosts.
    if (isPlanned || extent === this.extents.at(-1)) await this.#drive();
  }

  async clearRetired(): Promise<void> {
    const isUnread = (host: string): boolean => (this.#readings.get(host)?.kind ?? 'marked') === 'marked';
    await this.#readWhole([...this.#applied().leavingHosts].filter(isUnread));
    const { leavingHosts, plan } = this.#applied();
    const seen = this.#estate.cursor.size - 1;
    const work = async (host: string): Promise<void> => {
      const reading = this.#readings.get(host);
      const outcome: Outcome =
        reading?.kind === 'away'
          ? reading
          : await clearHost(this.#driving, { host, plan: Math.max(plan, 1), seen });
      if (outcome.kind === 'driven') this.#cleared.push(host);
      this.#note(host, outcome);
    };
    const { turn } = this.#context;
    await turn.aside(() => sideBySide([...leavingHosts], { atOnce: hostsAtOnce, work }));
    if (leavingHosts.size > 0) await this.#catchUp();
  }

  result(): Round {
    return {
      estate: this.#estate,
      driven: [...this.#driven],
      cleared: this.#cleared,
      absent: this.#absent,
      refused: this.#refused,
      drifted: this.#drifted,
      held: this.#course.kind === 'past' ? undefined : this.#applied().held,
      settled: this.#absent.size === 0 && this.#isSettled(),
    };
  }

  async #recordPlan(extent: Extent): Promise<boolean> {
    const { ledger, actor } = this.#context;
    const { recorded } = await record({ ledger, actor }, (at) => this.#planOn(at, extent), this.#estate);
    this.#recordedAt = this.#estate.recordedAt;
    return recorded !== undefined;
  }

  #planOn(estate: Projected<Estate>, extent: Extent): PlanProposal {
    const { shard } = this.#driving;
    return planOn(this.#course, { shard, now: this.#context.clock.now(), estate, extent });
  }

  /** Somebody is to be cut off, which does not wait for reading whole hosts, where it adds to what they hold. */
  get #isUrgent(): boolean {
    const { only, reads } = this.#context;
    return only === 'cuts' && reads === 'marks';
  }

  /** Reads hosts, and records where one does not hold what it acknowledged, unless the ledger says so already. */
  async #read(hosts: readonly string[], isWhole: (host: string) => boolean): Promise<void> {
    const { ledger, seen, turn } = this.#context;
    const { shard, appends, now } = this.#driving;
    const before = now();
    const of = { applied: this.#applied(), isWhole, isUrgent: this.#isUrgent };
    const { readings, dropped } = await turn.aside(() =>
      readAndCount(this.#driving, hosts, { ...of, readAt: before }),
    );
    this.#readings = new Map([...this.#readings, ...readings]);
    const applied = await withOlderPlans(ledger, { shard, applied: this.#applied(), readings });
    const drifted = driftedHosts(applied, readings);
    const sound = new Set(readings.keys()).difference(new Set(drifted.map(({ host }) => host)));
    for (const host of sound) if (isSeenWhole(readings.get(host))) seen.set(host, before);
    const told = toldDrifts(applied, drifted);
    const news = told.filter(({ isNew }) => isNew);
    const earlier = this.#drifted.filter(
      ({ host }) => !readings.has(host) || told.some((one) => one.host === host),
    );
    this.#drifted = joinedDrifts(earlier, told);
    for (const one of news) await appends.append(await driftOf(ledger, { shard, applied, drifted: one }));
    if (dropped.length > 0) await appends.append(dropped);
    if (news.length + dropped.length > 0) await this.#catchUp();
  }

  /** Reads hosts whole whatever was asked for, since all that they hold is about to be replaced. */
  async #readWhole(hosts: readonly string[]): Promise<void> {
    if (hosts.length > 0) await this.#read(hosts, () => true);
  }

  async #drive(): Promise<void> {
    const applied = this.#applied();
    const unread = this.#hosts().filter((host) => {
      const reading = this.#readings.get(host);
      if (reading === undefined) return false;
      return isReplacedUnread(applied, reading) || (this.#isUrgent && isTakenAwayUnread(applied, reading));
    });
    await this.#readWhole(unread);
    const { turn, onProgress } = this.#context;
    const on = { hosts: this.#hosts(), applied: this.#applied(), readings: this.#readings, onProgress };
    const { outcomes, readings } = await turn.aside(() => driveHosts(this.#driving, on));
    this.#readings = readings;
    for (const [host, outcome] of outcomes) {
      this.#note(host, outcome);
      if (outcome.kind === 'driven') this.#driven.add(host);
    }
    await this.#catchUp();
  }

  /** Only the last outcome of a host counts. */
  #note(host: string, outcome: Outcome): void {
    this.#absent.delete(host);
    this.#refused.delete(host);
    if (outcome.kind === 'away') this.#absent.set(host, outcome.problem);
    if (outcome.kind === 'refused') this.#refused.set(host, outcome.fault);
  }

  /** True if nothing is left to be planned, and all hosts acknowledged their part of this round, unless they refuse. */
  #isSettled(): boolean {
    // Another ledger gives those hosts their objects.
    if (this.#allForeign() !== undefined) return true;
    const { plan, hosts, leavingHosts } = this.#applied();
    const isPlanned = this.extents.every((extent) => this.#planOn(this.#estate, extent).events.length === 0);
    const isTold = (host: string): boolean => plan === 0 || hosts.get(host)?.plan === plan;
    const left = [
      ...(this.#course.kind === 'held' ? this.#hosts().filter((host) => !isTold(host)) : []),
      ...(this.emptiesRetired ? leavingHosts : []),
    ];
    return isPlanned && left.every((host) => this.#refused.has(host));
  }

  /** See allForeign: of the hosts that were there when the round began. */
  #allForeign(): ReturnType<typeof allForeign> {
    const hosts = this.#hosts();
    return allForeign(new Map([...this.#readings].filter(([host]) => hosts.includes(host))));
  }

  #hosts(): string[] {
    return hostsOfShard(this.#estate.state.intended.directory, this.#driving.shard);
  }

  #applied(): AppliedShard {
    return appliedShard(this.#estate.state.applied, this.#driving.shard);
  }

  async #catchUp(): Promise<void> {
    await this.#estate.catchUp(this.#context.ledger);
    this.#recordedAt = this.#estate.recordedAt;
  }
}
