import type { EventData, Kinds } from '../../../events/catalogue.ts';
import type { Entry } from '../../../events/entry.ts';
import { Departures } from '../documents/departures.ts';
import { Drifts } from './drifts.ts';
import { PlanLog, type ObjectSet } from './plans.ts';
import { Sights, type FoundDrift } from './sights.ts';

/** Plans of a shard that a host may be at. Without `last`, up to the last plan of the shard. */
interface Stretch {
  readonly shard: string;
  readonly first: number;
  readonly last?: number;
}

const nothing: ObjectSet = new Map();

/** A set of objects that a host may hold: the set of one plan of one shard. */
export interface SetRef {
  readonly shard: string;
  readonly plan: number;
}

/** A fact that the entries leave open: with a gap no verdict is `proven`. */
export interface Gap {
  readonly kind: 'acknowledgement' | 'drift' | 'plan' | 'interface' | 'address' | 'ledger' | 'clock';
  /**
   * The host, shard, `host/interface`, segment or external concerned. For drift `host/NAME`, for the ledger and its clock `ledger`.
   */
  readonly about: string;
  readonly problem: string;
}

/** A text that tells gaps at one instant apart. */
export function gapKey({ kind, about, problem }: Gap): string {
  return `${kind} ${about} ${problem}`;
}

/** The kinds of events that do not change which sets hosts may hold. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // The host may be at its last acknowledged plan, or at any later plan. That was so before the failure too.
  | 'ChangeFailed'
  // These tell the shard's applier what to plan. Its plans are events of their own.
  | 'ShardHeld'
  | 'ShardResumed'
  // The hosts of a retired shard keep their sets until each host is cleared.
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
  // Documents that name no host are folded elsewhere.
  | 'ExternalRegistered'
  | 'ExternalChanged'
  | 'ExternalRetired'
  | 'TenantRegistered'
  | 'TenantChanged'
  | 'TenantPlaced'
  | 'TenantMoved'
  | 'TenantQuarantined'
  | 'TenantReleased'
  | 'SegmentQuarantined'
  | 'SegmentReleased'
  | 'ExternalQuarantined'
  | 'ExternalReleased'
  | 'TenantRetired'
  | 'VniReleased'
  | 'VniAllocated'
  | 'EndpointsChanged'
  | 'PolicyEnacted'
  | 'PolicyRevoked'
  | 'GrantOpened'
  | 'GrantLapsed'
>;

function driftOf(host: string): Gap {
  const problem = 'was found to hold something else than it acknowledged, and was not put right yet';
  return { kind: 'drift', about: `host/${host}`, problem };
}

/**
 * The sets that each host may hold. A new host begins with the empty set, and may then be at any plan of its shard
 * from the plan at its arrival on. An acknowledgement narrows this to the named plan and later ones. A host that
 * changes shards may keep its set until it acknowledges a plan of the new shard. A retired host may keep its set, or
 * hold nothing, until it acknowledges that it was cleared, also if another shard has it by then.
 */
export class HostStates {
  readonly #logs = new Map<string, PlanLog>();
  readonly #shardOf = new Map<string, string>();
  readonly #stretches = new Map<string, readonly Stretch[]>();
  readonly #doubts = new Map<string, string>();
  readonly #departures = new Departures();
  readonly #drifts = new Drifts();
  readonly #sights = new Sights();

  take(entry: Entry): void {
    switch (entry.type) {
      case 'HostRegistered':
      case 'HostChanged':
        this.#place(entry.data);
        this.#sights.come(entry.data, entry);
        break;
      case 'HostRetired':
        this.#retire(entry.data);
        break;
      case 'HostCleared':
        this.#clear(entry.data);
        break;
      case 'ChangePlanned':
        this.#logOf(entry.data.shard).take(entry.data);
        break;
      case 'ChangeApplied':
        if (this.#acknowledge(entry.data)) this.#sights.see(entry.data, entry);
        break;
      case 'DriftDetected':
        if (this.#drifts.detect(entry.data)) this.#sights.find(entry);
        break;
      case 'DriftCorrected':
        if (this.#correct(entry.data)) this.#sights.see(entry.data, entry);
        break;
      default:
        entry.type satisfies LeftAlone;
    }
  }

  #logOf(shard: string): PlanLog {
    const known = this.#logs.get(shard);
    if (known !== undefined) return known;
    const log = new PlanLog();
    this.#logs.set(shard, log);
    return log;
  }

  /** Every set that the host may hold, each once. None for a host that no document names. */
  setsOf(host: string): SetRef[] {
    const refs = this.#stretchesOf(host).flatMap((stretch) => {
      const { shard, first, last } = stretch;
      const log = this.#logOf(shard);
      const plans = last === 0 ? [0] : log.between(first, last ?? log.last);
      return plans.map((plan) => ({ shard, plan }));
    });
    const seen = new Set<string>();
    return refs.filter(({ shard, plan }) => {
      // The empty set is the same in every shard.
      const key = plan === 0 ? '0' : `${shard}/${String(plan)}`;
      return !seen.has(key) && seen.add(key);
    });
  }

  /** The objects of a set that `setsOf` has named. */
  objectsOf({ shard, plan }: SetRef): ObjectSet {
    return plan === 0 ? nothing : this.#logOf(shard).objectsOf(plan);
  }

  /** The drifts found so far, and the time for which each may have been there unseen. */
  get foundDrifts(): readonly FoundDrift[] {
    return this.#sights.found;
  }

  /** Acknowledgements that cannot be relied on, drift, plans out of order, and sets in use whose digests do not fit. */
  gaps(): Gap[] {
    const gaps = this.#drifts.hosts().map(driftOf);
    for (const [host, problem] of this.#doubts) gaps.push({ kind: 'acknowledgement', about: host, problem });
    for (const [shard, log] of this.#logs) {
      for (const problem of log.disorder) gaps.push({ kind: 'plan', about: shard, problem });
    }
    for (const { shard, plan } of this.#inUse()) {
      for (const flaw of this.#logOf(shard).flawsOf(plan)) {
        gaps.push({ kind: 'plan', about: shard, problem: `plan ${String(plan)}: ${flaw}` });
      }
    }
    return gaps;
  }

  /** Gives up sets that no host can hold any more. */
  #tidy(): void {
    const oldest = new Map<string, number>();
    for (const { shard, first, last } of [...this.#stretches.values()].flat()) {
      if (last !== 0) oldest.set(shard, Math.min(first, oldest.get(shard) ?? first));
    }
    for (const [shard, log] of this.#logs) log.forget(oldest.get(shard) ?? log.last);
  }

  #inUse(): SetRef[] {
    const used = new Map<string, SetRef>();
    for (const host of this.#stretches.keys()) {
      for (const ref of this.setsOf(host))
        if (ref.plan > 0) used.set(`${ref.shard}/${String(ref.plan)}`, ref);
    }
    return [...used.values()];
  }

  #place({ host, shard }: EventData<'HostRegistered'>): void {
    if (this.#shardOf.get(host) === shard) return;
    const left = this.#stretches.has(host) ? this.#endedStretches(host) : [{ shard, first: 0, last: 0 }];
    this.#shardOf.set(host, shard);
    this.#departures.place({ host, shard });
    this.#stretches.set(host, [...left, { shard, first: this.#logOf(shard).last }]);
  }

  /** None for a host that no document names. */
  #stretchesOf(host: string): readonly Stretch[] {
    return this.#stretches.get(host) ?? [];
  }

  /** The stretches of a host so far, without the plans to come. */
  #endedStretches(host: string): Required<Stretch>[] {
    return this.#stretchesOf(host).map((stretch) => ({
      last: this.#logOf(stretch.shard).last,
      ...stretch,
    }));
  }

  /** From now on no plan reaches the host, and at some moment it is emptied. */
  #retire({ host, shard }: EventData<'HostRetired'>): void {
    if (!this.#shardOf.delete(host)) return;
    this.#departures.retire({ host, shard });
    this.#stretches.set(host, [...this.#endedStretches(host), { shard, first: 0, last: 0 }]);
  }

  #clear(cleared: EventData<'HostCleared'>): void {
    const { host, shard } = cleared;
    const problem = this.#departures.clear(cleared);
    if (problem !== undefined) {
      this.#doubts.set(host, `acknowledgement that it holds nothing of ${shard}: ${problem}`);
      return;
    }
    this.#doubts.delete(host);
    this.#drifts.end(cleared);
    this.#sights.keep(host, (other) => other !== shard);
    const left = this.#stretchesOf(host).filter((stretch) => stretch.shard !== shard || stretch.last === 0);
    if (this.#departures.isGone(host)) this.#stretches.delete(host);
    else this.#stretches.set(host, left);
    this.#tidy();
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
    this.#tidy();
    return true;
  }

  /** Sets of other shards remain only where the shard still has to empty the host. */
  #stay({ host, shard, plan }: SetRef & { readonly host: string }): void {
    this.#stretches.set(host, [...this.#stillLeaving(host), { shard, first: plan }]);
    const isKept = (other: string): boolean =>
      other === shard || this.#departures.isLeaving({ host, shard: other });
    this.#drifts.keep(host, isKept);
    this.#sights.keep(host, isKept);
  }

  /** A correction counts only if it names the set that the host was to hold. */
  #correct(corrected: EventData<'DriftCorrected'>): boolean {
    const counts = this.#problemWith(corrected) === undefined;
    if (counts) this.#drifts.end(corrected);
    return counts;
  }

  /** The stretches of shards that the host was retired from, and that have not emptied it. */
  #stillLeaving(host: string): Stretch[] {
    return this.#stretchesOf(host).filter(
      ({ shard, last }) => last !== 0 && this.#departures.isLeaving({ host, shard }),
    );
  }

  /** Takes an acknowledgement that was under way when its host was retired. The host may have been emptied since. */
  #narrow(host: string, { shard, plan }: SetRef): void {
    const stretches = this.#stretchesOf(host).map((stretch) =>
      stretch.shard === shard && stretch.last !== 0
        ? { ...stretch, first: Math.max(stretch.first, plan) }
        : stretch,
    );
    this.#stretches.set(host, stretches);
  }

  #problemWith(at: { shard: string; host: string; plan: number; digest: string }): string | undefined {
    const isLeaving = this.#departures.isLeaving(at);
    if (this.#shardOf.get(at.host) !== at.shard && !isLeaving) return 'the host is not of that shard';
    const log = this.#logOf(at.shard);
    if (log.between(at.plan, at.plan).length === 0) return 'no such plan is known';
    if (isLeaving && !this.#mayHold(at)) return 'the host had been retired before that plan';
    return log.claims(at.plan, at.digest) ? undefined : 'the digest is not that of the plan';
  }

  /** True if a plan came before the host was retired from its shard. */
  #mayHold({ host, shard, plan }: SetRef & { readonly host: string }): boolean {
    return this.#endedStretches(host).some((stretch) => stretch.shard === shard && plan <= stretch.last);
  }
}
