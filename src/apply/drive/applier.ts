import type { DomainEvent } from '../../../events/catalogue.ts';
import type { Actor } from '../../../events/entry.ts';
import type { Shard } from '../../../events/estate.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard, type AppliedShard, type Hold } from '../../../projections/applied/applied.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import type { Ledger } from '../../ledger/port.ts';
import { deltaOf, type Delta } from '../../overlay/delta.ts';
import type { OverlayDriver } from '../../overlay/port.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { cutOff } from '../plan/cut-off.ts';
import { append, clearHost, driveHost, type Driving } from './drive-host.ts';
import { decidedOn } from '../record/enact.ts';
import { planSet } from '../plan/plan-set.ts';
import { judgedAt, planShard } from '../plan/plan-shard.ts';
import { driftedHosts, driftOf, isKnown, readHosts, type Drifted, type Readings } from './read-hosts.ts';
import { record } from '../record/record.ts';
import { planRestrictions } from '../plan/restrict-first.ts';

/** What the applier of one shard works with. It alone may drive the shard: the caller holds the shard's role. */
export interface ApplierContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly driver: OverlayDriver;
  readonly shard: Shard;
  /** See Driving. */
  readonly reported: Set<string>;
  /** `restrictions`: only what takes away is planned and driven, and what adds is left for later. */
  readonly only?: 'restrictions';
  /** A past state to drive the shard to instead of the present one, though the shard is held. */
  readonly past?: PastState;
  readonly onProgress?: (progress: Progress) => void;
}

/** The set of objects that a shard's hosts were to hold, by the estate as of an entry. */
export interface PastState extends Hold {
  readonly objects: readonly OverlayObject[];
}

export interface Progress {
  readonly shard: string;
  readonly done: number;
  readonly of: number;
}

/** What one round came to. `settled`: every host holds what it was to hold, as far as was asked. */
export interface Round {
  readonly estate: Projected<Estate>;
  readonly driven: readonly string[];
  /** Hosts that were retired and now hold nothing. */
  readonly cleared: readonly string[];
  /** Hosts that did not take the plan, with the reason in words. */
  readonly absent: ReadonlyMap<string, string>;
  /** Hosts that were found to hold something else than they had acknowledged. */
  readonly drifted: readonly Drifted[];
  /** The past state that the shard is held at: then nothing but quarantine was planned. */
  readonly held: Hold | undefined;
  readonly settled: boolean;
}

/**
 * One round: reads the hosts and records what is not as acknowledged; plans and drives what only takes away; then plans
 * and drives the rest, and empties hosts that were retired. Whatever a crash left undone, the next round completes: the
 * plan is in the ledger before the first host is touched, and a host is read before it is written.
 *
 * A shard that is held at a past state follows nothing but quarantine, which is above every grant, whenever it was given:
 * its applier cuts off who is in quarantine now, keeps the hosts at that, and does nothing else.
 *
 * Throws Fenced or ForeignState where a host holds what may not be replaced, once all the others are driven: one such host
 * keeps nobody else from being cut off.
 */
export async function round(context: ApplierContext, from: Projected<Estate>): Promise<Round> {
  const estate = await from.catchUp(context.ledger);
  const run = new RoundRun(context, estate);
  await run.observe();
  if (run.isHeld()) {
    await run.carryOut('everything');
    return run.result();
  }
  await run.carryOut('restrictions');
  if (context.only === undefined) {
    await run.carryOut('everything');
    await run.clearRetired();
  }
  return run.result();
}

type Extent = 'restrictions' | 'everything';

/** The steps of a round, and what they have come to so far. */
class RoundRun {
  readonly #context: ApplierContext;
  readonly #driving: Driving;
  /** The past state that the shard is held at as the round begins. */
  readonly #hold: Hold | undefined;
  readonly #estate: Projected<Estate>;
  #readings: Readings = new Map();
  #drifted: readonly Drifted[] = [];
  readonly #driven = new Set<string>();
  readonly #cleared: string[] = [];
  readonly #absent = new Map<string, string>();

  constructor(context: ApplierContext, estate: Projected<Estate>) {
    const { ledger, actor, driver, reported } = context;
    this.#context = context;
    this.#driving = { ledger, actor, driver, shard: context.shard.shard, reported };
    this.#estate = estate;
    this.#hold = context.past ?? this.#applied().held;
  }

  /** Whether the shard stays where it is held, but for quarantine. */
  isHeld(): boolean {
    return this.#hold !== undefined && this.#context.past === undefined;
  }

  /** Reads every host, and records what is not as it was acknowledged, unless the ledger says so already. */
  async observe(): Promise<void> {
    const { ledger, driver } = this.#context;
    const applied = this.#applied();
    this.#readings = await readHosts(driver, this.#hosts());
    this.#drifted = driftedHosts(applied, this.#readings);
    const news = this.#drifted.filter(({ host, reading }) => !isKnown(applied.drifted.get(host), reading));
    for (const drifted of news) {
      await append(this.#driving, await driftOf(ledger, { shard: this.#driving.shard, drifted }));
    }
    if (news.length > 0) await this.#catchUp();
  }

  /** Records a plan of that extent, if there is something to it, and drives every host to the last plan. */
  async carryOut(extent: Extent): Promise<void> {
    const planned = await this.#recordPlan(extent);
    if (extent === 'restrictions' && !planned && this.#context.only === undefined) return;
    await this.#drive();
  }

  async clearRetired(): Promise<void> {
    const { leavingHosts, plan } = this.#applied();
    const seen = this.#estate.cursor.size - 1;
    for (const host of leavingHosts) {
      const outcome = await clearHost(this.#driving, { host, plan: Math.max(plan, 1), seen });
      if (outcome.kind === 'driven') this.#cleared.push(host);
      if (outcome.kind === 'away') this.#absent.set(host, outcome.problem);
    }
    if (leavingHosts.size > 0) await this.#catchUp();
  }

  result(): Round {
    const settled = this.#absent.size === 0 && this.#nothingLeft();
    return {
      estate: this.#estate,
      driven: [...this.#driven],
      cleared: this.#cleared,
      absent: this.#absent,
      drifted: this.#drifted,
      held: this.#context.past === undefined ? this.#applied().held : undefined,
      settled,
    };
  }

  async #recordPlan(extent: Extent): Promise<boolean> {
    const { ledger, actor } = this.#context;
    const subjects = [...decidedOn, `overlay/${this.#driving.shard}`];
    const { recorded } = await record(
      { ledger, actor, subjects },
      (at) => ({ events: this.#planOn(at, extent) }),
      this.#estate,
    );
    return recorded !== undefined;
  }

  #planOn(estate: Projected<Estate>, extent: Extent): readonly DomainEvent[] {
    const { shard } = this.#driving;
    const applied = appliedOf(this.#context, estate);
    if (!this.#follows(applied)) return [];
    const { delta, basis, events } = this.#wanted(estate, applied);
    return extent === 'everything' ? events() : planRestrictions(delta, { shard, applied, basis });
  }

  /** Whether the shard is still to go where this round leads: it may have been held, or resumed, since the round began. */
  #follows({ held }: AppliedShard): boolean {
    return held?.seq === this.#hold?.seq && held?.time === this.#hold?.time;
  }

  /** How what the shard is to hold differs from what was planned last, and the plan for it. */
  #wanted(
    estate: Projected<Estate>,
    applied: AppliedShard,
  ): { delta: Delta; basis: number; events: () => readonly DomainEvent[] } {
    const { clock, past } = this.#context;
    const { shard } = this.#driving;
    if (this.#hold !== undefined) {
      const objects = past?.objects ?? [...applied.objects.values()];
      const wanted = cutOff(objects, estate.state.intended);
      const delta = deltaOf(applied.objects, wanted);
      const basis = Math.max(this.#hold.seq, 0);
      const on = { shard, applied, basis };
      return { delta, basis, events: () => planSet(on, { delta, after: () => wanted }) };
    }
    const at = judgedAt(clock.now(), estate.recordedAt);
    const basis = Math.max(estate.cursor.size - 1, 0);
    const plan = planShard(estate.state, { shard, at, basis });
    return { ...plan, basis };
  }

  async #drive(): Promise<void> {
    const { shard, onProgress } = this.#context;
    const applied = this.#applied();
    const target = { plan: applied.plan, objects: [...applied.objects.values()] };
    const hosts = applied.plan === 0 ? [] : this.#hosts();
    const readings = new Map(this.#readings);
    const refusals: Error[] = [];
    for (const [index, host] of hosts.entries()) {
      onProgress?.({ shard: shard.shard, done: index, of: hosts.length });
      const reading = readings.get(host) ?? { kind: 'nothing' };
      const outcome = await driveHost(this.#driving, { host, reading, target, applied });
      if (outcome.kind === 'away') this.#absent.set(host, outcome.problem);
      else this.#absent.delete(host);
      if (outcome.kind === 'refused') refusals.push(outcome.fault);
      if (outcome.kind === 'driven') this.#driven.add(host);
      if (outcome.kind === 'driven') {
        const state = { ...target, digest: applied.digest ?? '' };
        readings.set(host, { kind: 'objects', state });
      }
    }
    this.#readings = readings;
    if (hosts.length > 0) onProgress?.({ shard: shard.shard, done: hosts.length, of: hosts.length });
    await this.#catchUp();
    for (const refusal of refusals) throw refusal;
  }

  /** Whether nothing is left to be planned, and every host has acknowledged the last plan. */
  #isDone(): boolean {
    const { plan, hosts } = this.#applied();
    const isTold = this.#hosts().every((host) => plan === 0 || hosts.get(host)?.plan === plan);
    return isTold && this.#planOn(this.#estate, 'everything').length === 0;
  }

  #nothingLeft(): boolean {
    if (this.isHeld()) return this.#isDone();
    if (this.#context.only === 'restrictions') return this.#planOn(this.#estate, 'restrictions').length === 0;
    return this.#planOn(this.#estate, 'everything').length === 0 && this.#applied().leavingHosts.size === 0;
  }

  #hosts(): string[] {
    return hostsOfShard(this.#estate.state.intended.directory, this.#driving.shard);
  }

  #applied(): AppliedShard {
    return appliedOf(this.#context, this.#estate);
  }

  async #catchUp(): Promise<void> {
    await this.#estate.catchUp(this.#context.ledger);
  }
}

function appliedOf({ shard }: ApplierContext, { state }: Projected<Estate>): AppliedShard {
  return appliedShard(state.applied, shard.shard);
}
