import type { EventData } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { defined } from '../../../events/codec/defined.ts';
import { Departures, type Membership } from '../documents/departures.ts';
import type { Gap } from './gap.ts';
import { LeftBehind } from './left-behind.ts';
import type { LeavesHostsAlone } from './leaves-hosts-alone.ts';
import { Looks, type SetSeen } from './looks.ts';
import type { ObjectSet, View } from '../objects/view.ts';
import {
  HostPlans,
  isEmptyByNumber,
  type PastBatch,
  type HeldBefore,
  type HeldSets,
  type PlansOfHosts,
  type SetRef,
  type Stretch,
} from './host-plans.ts';
import { PastHostPlans } from './past-host-plans.ts';
import type { FoundDrift } from './sights.ts';
import { Vouches, type TakenBack, type Vouched } from './vouches.ts';

type EndedStretch = Stretch & { readonly last: number };

/**
 * The sets that each host may hold. A new host begins with the empty set, and may then be at any plan of its shard
 * from the plan at its arrival on. An acknowledgement narrows this to the named plan and later ones. A host that
 * changes shards may keep its set until it acknowledges a plan of the new shard. A retired host may keep its set, or
 * hold nothing, until it acknowledges that it was cleared, also if another shard has it by then.
 */
export class HostStates implements HeldSets {
  readonly #plans = new HostPlans();
  readonly #looks: Looks;
  readonly #shardOf = new Map<string, string>();
  readonly #doubts = new Map<string, string>();
  readonly #departures = new Departures();
  readonly #leftBehind = new LeftBehind();
  readonly #vouches = new Vouches();

  /** `observed`: a host may also hold what it was found to hold, until that is put right, and what a person gave it by hand. */
  constructor({ observed = false }: { readonly observed?: boolean } = {}) {
    this.#looks = new Looks(this.#plans, { observed });
  }

  /**
   * Takes the entries of a batch. Returns what they changed, as it was before. The sets of the past that is to be
   * remembered are kept, and so are those of before this batch.
   */
  follow(entries: readonly Entry[], past: readonly PastBatch[] = []): HeldBefore | undefined {
    for (const entry of entries) this.#take(entry, entries);
    const changed = this.#plans.changed();
    this.#plans.forget(past, { held: changed });
    return changed;
  }

  #take(entry: Entry, batch: readonly Entry[]): void {
    switch (entry.type) {
      case 'HostRegistered':
      case 'HostChanged':
        this.#leftBehind.declare(entry.data, this.#holdsSomething(entry.data));
        this.#vouches.declare(entry.data, entry);
        this.#place(entry.data);
        this.#looks.come(entry.data, entry);
        break;
      case 'HostRetired':
        this.#retire(entry.data);
        break;
      case 'HostCleared':
        if (this.#clear(entry.data)) this.#vouches.hear(entry);
        break;
      case 'HostGone':
        this.#lose(entry);
        break;
      case 'ShardRegistered':
      case 'ShardChanged':
        this.#leftBehind.run(entry.data, (host) => this.#holdsSomething(host));
        break;
      case 'ChangePlanned':
        this.#plans.take(entry.data);
        break;
      case 'ChangeApplied':
        if (this.#acknowledge(entry.data)) {
          this.#looks.hear(entry);
          this.#vouches.hear(entry);
        }
        break;
      case 'DriftDetected':
      case 'DriftCorrected':
      case 'BypassOpened':
      case 'BypassClosed':
      case 'BypassSettled':
        this.#looks.take(entry, {
          batch,
          isRight: (at) => this.#problemWith(at) === undefined,
          isInUse: ({ host, shard }) => this.#shardOf.get(host) === shard,
        });
        break;
      default:
        entry.type satisfies LeavesHostsAlone;
    }
  }

  setsOf(host: string): SetRef[] {
    return this.#plans.setsOf(host);
  }

  objectsOf(ref: SetRef): ObjectSet {
    return this.#plans.objectsOf(ref);
  }

  viewOf(ref: SetRef): View {
    return this.#plans.viewOf(ref);
  }

  isOfExternals(vni: number): boolean {
    return this.#plans.isOfExternals(vni);
  }

  /** The plans of shards, and those that hosts may be at. */
  get plans(): PlansOfHosts {
    return this.#plans;
  }

  /** What hosts may hold now, to be taken back batch by batch. */
  past(): PastHostPlans {
    return new PastHostPlans(this.#plans);
  }

  /** The drifts found so far, and the time for which each may have been there unseen. */
  get foundDrifts(): readonly FoundDrift[] {
    return this.#looks.found;
  }

  /** Every word of a person so far that a host is gone, and what became of it. */
  get vouched(): readonly Vouched[] {
    return this.#vouches.all;
  }

  /** The words that a host is gone which were taken back. */
  get takenBack(): readonly TakenBack[] {
    return this.#vouches.takenBack;
  }

  /** Acknowledgements that cannot be relied on, drift, what may be there by hand, plans out of order, and sets in use whose digests do not fit. */
  gaps(): Gap[] {
    const gaps = [...this.#looks.gaps(), ...this.#leftBehind.gaps(), ...this.#vouches.gaps()];
    for (const [host, problem] of this.#doubts) gaps.push({ kind: 'acknowledgement', about: host, problem });
    return [...gaps, ...this.#plans.gaps()];
  }

  /** Whether a host may hold a set of that shard which is not empty by its number. */
  #holdsSomething({ host, shard }: Membership): boolean {
    return this.setsOf(host).some((ref) => ref.shard === shard && !isEmptyByNumber(ref));
  }

  #place({ host, shard }: EventData<'HostRegistered'>): void {
    const isAnew = this.#departures.place({ host, shard });
    if (this.#shardOf.get(host) === shard && !isAnew) return;
    const before = this.#endedStretches(host);
    const left = before.length > 0 ? before : [{ shard, first: 0, last: 0 }];
    this.#shardOf.set(host, shard);
    const others = left.map((stretch) => this.#seenFrom(shard, host, stretch));
    this.#plans.put(host, [...others, { shard, first: this.#plans.logOf(shard).last }]);
  }

  /** A stretch of a host that comes to a shard: what another shard still has to take away may be at another machine. */
  #seenFrom(home: string, host: string, { shard, first, last, found }: EndedStretch): Stretch {
    const stretch = { shard, first, last, ...defined({ found }) };
    const mayHold = !isEmptyByNumber({ plan: last, found });
    const isFormer = shard !== home && mayHold && this.#departures.isLeaving({ host, shard });
    return isFormer ? { ...stretch, former: true } : stretch;
  }

  /** The stretches of a host so far, without the plans to come. */
  #endedStretches(host: string): EndedStretch[] {
    return this.#plans.of(host).map((stretch) => ({
      last: this.#plans.logOf(stretch.shard).last,
      ...stretch,
    }));
  }

  /** From now on no plan reaches the host, and at some moment it is emptied. */
  #retire({ host, shard }: EventData<'HostRetired'>): void {
    if (!this.#shardOf.delete(host)) return;
    this.#departures.retire({ host, shard });
    this.#looks.leave({ host, shard }, { isGone: !this.#departures.isLeaving({ host, shard }) });
    const left = [...this.#endedStretches(host), { shard, first: 0, last: 0 }];
    this.#plans.put(host, this.#departures.isGone(host) ? [] : left);
  }

  /** False for an acknowledgement that cannot be relied on. */
  #clear(cleared: EventData<'HostCleared'>): boolean {
    const { host, shard } = cleared;
    const problem = this.#departures.clear(cleared);
    if (problem !== undefined) {
      this.#doubts.set(host, `acknowledgement that it holds nothing of ${shard}: ${problem}`);
      return false;
    }
    this.#empty(cleared);
    return true;
  }

  /** A person's word counts as the host's own. Where it is in use still, it holds nothing until its document is recorded anew. */
  #lose(entry: Extract<Entry, { readonly type: 'HostGone' }>): void {
    const { data: gone } = entry;
    const { host, shard } = gone;
    const problem = this.#departures.lose(gone);
    if (problem !== undefined) {
      this.#doubts.set(host, `word that it is gone, and holds nothing of ${shard}: ${problem}`);
      return;
    }
    this.#vouches.vouch(entry, { mayHold: this.#holdsSomething(gone), left: this.#leftBehind.waysOf(gone) });
    this.#leftBehind.end(gone);
    this.#empty(gone);
    if (this.#shardOf.get(host) === shard)
      this.#plans.put(host, [...this.#plans.of(host), { shard, first: 0, last: 0 }]);
  }

  /** From now on the host holds nothing of that shard. */
  #empty(at: Membership): void {
    const { host, shard } = at;
    this.#doubts.delete(host);
    this.#looks.end(at);
    const left = this.#plans.of(host).filter((stretch) => stretch.shard !== shard || stretch.last === 0);
    this.#plans.put(host, this.#departures.isGone(host) ? [] : left);
    this.#plans.rest();
  }

  /** False for an acknowledgement that cannot be relied on. */
  #acknowledge({ shard, host, plan, digest }: EventData<'ChangeApplied'>): boolean {
    const problem = this.#problemWith({ shard, host, plan, digest });
    if (problem !== undefined) {
      this.#doubts.set(host, `acknowledgement of plan ${String(plan)} of ${shard}: ${problem}`);
      return false;
    }
    this.#doubts.delete(host);
    if (this.#departures.isLeaving({ host, shard })) this.#narrow(host, { shard, plan });
    else this.#stay({ host, shard, plan });
    this.#departures.answer({ host, shard });
    this.#plans.rest();
    return true;
  }

  /** Sets of other shards remain only where the shard still has to empty the host. */
  #stay({ host, shard, plan }: SetRef & { readonly host: string }): void {
    const found = this.#plans.of(host).filter((one) => one.shard === shard && one.found !== undefined);
    const later = found.map((one) => ({ ...one, first: Math.max(one.first, plan) }));
    this.#plans.put(host, [...this.#stillLeaving(host), { shard, first: plan }, ...later]);
    const isKept = (other: string): boolean =>
      other === shard || this.#departures.isLeaving({ host, shard: other });
    this.#looks.keep(host, isKept);
  }

  /** The stretches of shards that the host was retired from, and that have not emptied it. */
  #stillLeaving(host: string): Stretch[] {
    return this.#plans
      .of(host)
      .filter(
        ({ shard, last, found }) =>
          (last !== 0 || found !== undefined) && this.#departures.isLeaving({ host, shard }),
      );
  }

  /** Takes an acknowledgement that was under way when its host was retired. The host may have been emptied since. */
  #narrow(host: string, { shard, plan }: SetRef): void {
    const stretches = this.#plans
      .of(host)
      .map((stretch) =>
        stretch.shard === shard && stretch.last !== 0
          ? { ...stretch, first: Math.max(stretch.first, plan) }
          : stretch,
      );
    this.#plans.put(host, stretches);
  }

  #problemWith(at: SetSeen): string | undefined {
    const isLeaving = this.#departures.isLeaving(at);
    if (this.#shardOf.get(at.host) !== at.shard && !isLeaving) return 'the host is not of that shard';
    const log = this.#plans.logOf(at.shard);
    if (!log.isInUse(at.plan)) return 'no such plan is known';
    const ended = this.#endedStretches(at.host).filter(({ shard }) => shard === at.shard);
    if (isLeaving && ended.every(({ last }) => at.plan > last))
      return 'the host had been retired before that plan';
    return log.claims(at.plan, at.digest) ? undefined : 'the digest is not that of the plan';
  }
}
