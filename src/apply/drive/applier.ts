import type { DomainEvent } from '../../../events/catalogue.ts';
import { appliedShard, type AppliedShard } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { judgedAt } from '../../ledger/instants.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import {
  courseOf,
  emptiesRetired,
  extentsOf,
  planOn,
  type Course,
  type Extent,
  type PlanProposal,
} from '../plan/course.ts';
import { record } from '../record/record.ts';
import { sideBySide } from '../../runtime/side-by-side.ts';
import type { ApplierContext } from './applier-context.ts';
import { clearHost, type Driving, type Outcome } from './drive-host.ts';
import { AskedHosts } from './asked-hosts.ts';
import { driveAsHeard } from './drive-as-heard.ts';
import { driveHosts, type HostsDriven } from './drive-hosts.ts';
import { JoinedAppends } from './joined-appends.ts';
import { allForeign, hostsAtOnce, joinedDrifts, type ToldDrift, type Readings } from './read-hosts.ts';
import { isReplacedUnread } from './host-change.ts';
import { readAndCount } from './record-drops.ts';
import { recordFound } from './record-found.ts';
import { HandWatch } from './hand-watch.ts';
import { HostOutcomes, type Round } from './round-outcome.ts';

/**
 * One round: reads the hosts and records what is not as acknowledged; plans and drives what only takes away; then plans
 * and drives the rest, and empties hosts that were retired. Whatever a crash left undone, the next round completes: the
 * plan is in the ledger before the first host is touched, and a host is read before it is written.
 *
 * What is planned follows from the events, and not from what hosts say. Where none is to be read whole, the first plan so waits for no
 * mark but that of one host that is no other ledger's, and each host is driven as soon as it has said its own. Whole hosts are read
 * before anything is planned, since they are compared with the set that was planned last.
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
  try {
    await run.observe();
    if (run.isWrongLedger()) return run.result();
    for (const extent of run.extents) await run.carryOut(extent);
    if (run.emptiesRetired) await run.clearRetired();
    return run.result();
  } finally {
    await run.end();
  }
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
  /** The hosts that were asked for their marks, until they are driven as they answer. */
  #asked: AskedHosts | undefined;
  #readings: Readings = new Map();
  #drifted: readonly ToldDrift[] = [];
  readonly #outcomes = new HostOutcomes();

  constructor(context: ApplierContext, estate: Projected<Estate>) {
    const { ledger, clock, actor, driverOn, seen, reported, past, only } = context;
    const driver = driverOn(estate.state);
    this.#context = context;
    const appends = new JoinedAppends({ ledger, actor });
    const now = (): string => judgedAt(clock.now(), this.#recordedAt);
    this.#driving = {
      ledger,
      actor,
      driver,
      shard: context.shard.shard,
      appends,
      now,
      seen,
      seenSince: new Map(),
      handWatch: new HandWatch({ ledger, shard: context.shard.shard, after: estate.cursor.size - 1 }),
      reported,
    };
    this.#estate = estate;
    this.#recordedAt = estate.recordedAt;
    this.#course = courseOf(this.#applied(), past);
    this.extents = extentsOf(this.#course, only);
    this.emptiesRetired = emptiesRetired(this.#course, only);
  }

  /** True if all hosts were read to hold another ledger's objects. */
  isWrongLedger(): boolean {
    const foreign = this.#allForeign();
    for (const [host, fault] of foreign ?? []) this.#outcomes.refused.set(host, fault);
    return foreign !== undefined;
  }

  /**
   * Reads every host, and records where one does not hold what it acknowledged, unless the ledger says so already. Where marks are all
   * that is asked for, it only waits until it is clear that some host is driven: each is read when it has answered.
   */
  async observe(): Promise<void> {
    const { reads, seen, turn } = this.#context;
    const hosts = [...this.#hosts(), ...this.#applied().leavingHosts];
    const unsettled = this.#unsettled();
    const isWhole = (host: string): boolean => unsettled.has(host) || (reads === 'hosts' && !seen.has(host));
    if (hosts.some(isWhole)) return this.#read(hosts, isWhole);
    const [inUse, readAt] = [this.#hosts(), this.#driving.now()];
    const asked = new AskedHosts(this.#driving.driver, hosts);
    this.#asked = asked;
    if (await turn.aside(() => asked.isOneOurs(inUse))) return;
    await this.#found({ readings: await turn.aside(() => asked.marks()), readAt, closed: new Map() });
  }

  /** Nothing goes on behind the caller's back, also where a round ends by a fault. */
  async end(): Promise<void> {
    await this.#asked?.allAnswered();
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
      this.#outcomes.note(host, outcome, 'cleared');
    };
    const { turn } = this.#context;
    await turn.aside(() => sideBySide([...leavingHosts], { atOnce: hostsAtOnce, work }));
    if (leavingHosts.size > 0) await this.#catchUp();
  }

  result(): Round {
    const { driven, cleared, absent, refused } = this.#outcomes;
    return {
      estate: this.#estate,
      ...{ driven: [...driven], cleared: [...cleared], absent, refused },
      drifted: this.#drifted,
      held: this.#course.kind === 'past' ? undefined : this.#applied().held,
      settled: absent.size === 0 && this.#isSettled(),
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
    const { turn } = this.#context;
    const readAt = this.#driving.now();
    const { closed } = this.#applied().bypasses;
    const of = { applied: this.#applied(), isWhole, readAt };
    const { readings, dropped } = await turn.aside(() => readAndCount(this.#driving, hosts, of));
    await this.#found({ readings, readAt, closed }, dropped);
  }

  async #found(
    read: Omit<Parameters<typeof recordFound>[1], 'applied'>,
    dropped: readonly DomainEvent[] = [],
  ): Promise<void> {
    const told = await recordFound(this.#driving, { ...read, applied: this.#applied() });
    this.#noteDrifted(read.readings, told);
    if (dropped.length > 0) await this.#driving.appends.append(dropped);
    if (told.some(({ isNew }) => isNew) || dropped.length > 0) await this.#catchUp();
  }

  /** Of hosts that were read again, only those count as drifted that were found so again. */
  #noteDrifted(readings: Readings, told: readonly ToldDrift[]): void {
    this.#readings = new Map([...this.#readings, ...readings]);
    const earlier = this.#drifted.filter(
      ({ host }) => !readings.has(host) || told.some((one) => one.host === host),
    );
    this.#drifted = joinedDrifts(earlier, told);
  }

  /** Reads hosts whole whatever was asked for, since all that they hold is about to be replaced. */
  async #readWhole(hosts: readonly string[]): Promise<void> {
    if (hosts.length > 0) await this.#read(hosts, () => true);
  }

  async #drive(): Promise<void> {
    const asked = this.#asked;
    const { outcomes, readings } = asked ? await this.#driveAsHeard(asked) : await this.#driveRead();
    this.#readings = new Map([...this.#readings, ...readings]);
    const hosts = new Set(this.#hosts());
    for (const [host, outcome] of outcomes)
      this.#outcomes.note(host, outcome, hosts.has(host) ? 'driven' : 'cleared');
    await this.#catchUp();
  }

  async #driveRead(): Promise<HostsDriven> {
    const applied = this.#applied();
    const isUnread = (host: string): boolean => {
      const reading = this.#readings.get(host);
      return reading !== undefined && isReplacedUnread(applied, reading);
    };
    await this.#readWhole(this.#hosts().filter(isUnread));
    const { turn, onProgress } = this.#context;
    const on = { hosts: this.#hosts(), applied: this.#applied(), readings: this.#readings, onProgress };
    return turn.aside(() => driveHosts(this.#driving, on));
  }

  async #driveAsHeard(asked: AskedHosts): Promise<HostsDriven> {
    const { turn, onProgress } = this.#context;
    const on = {
      ...{ asked, onProgress, isUrgent: this.#isUrgent },
      ...{ hosts: this.#hosts(), applied: this.#applied(), seenSeq: this.#estate.cursor.size - 1 },
    };
    const driven = await turn.aside(() => driveAsHeard(this.#driving, on));
    this.#asked = undefined;
    this.#noteDrifted(driven.readings, driven.drifted);
    return driven;
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
    const isSettled = this.#unsettled().size === 0;
    return isPlanned && isSettled && left.every((host) => this.#outcomes.refused.has(host));
  }

  /** Hosts that were changed by hand, and are to be seen whole now that this is over. A cut does not wait for that. */
  #unsettled(): ReadonlySet<string> {
    const { bypasses, plan } = this.#applied();
    if (this.#isUrgent || plan === 0) return new Set();
    return new Set(
      this.#hosts().filter((host) => bypasses.closed.has(host) && !this.#outcomes.refused.has(host)),
    );
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
