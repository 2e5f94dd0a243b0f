import type { Kinds } from '../../events/catalogue.ts';
import type { Entry } from '../../events/entry.ts';

/** A set of objects that a host may hold: `shard plan`, or that of nobody, which is empty. */
export const nothingHeld = 'nothing';

/** The kinds of events that do not change which sets hosts may hold. */
type LeftAlone = Kinds<
  // What a program kept of the entries is no entry about the estate.
  | 'StateKept'
  // Who works in the service is no entry about the estate.
  | 'RoleTaken'
  | 'EntrySkipped'
  // What the verifier found changes nothing by itself.
  | 'IsolationViolated'
  | 'IsolationRestored'
  | 'IsolationAttested'
  // What hosts dropped says nothing of what they hold.
  | 'DropsObserved'
  | 'ChangeFailed'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'ShardRegistered'
  | 'ShardChanged'
  | 'ShardRetired'
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

/**
 * What each host may hold by what the ledger says, read off the rules for it (projections/isolation/DESIGN.md) as a
 * list of plans: from the last one acknowledged to the last one made. A second account of it, without any short cut.
 */
export class MayHold {
  readonly #homes = new Map<string, string>();
  readonly #leaving = new Map<string, Set<string>>();
  readonly #sets = new Map<string, Set<string>>();
  /** Hosts in use that are said to be gone: no plan reaches them until their document is recorded anew, or they answer. */
  readonly #aside = new Set<string>();
  readonly #lastPlans = new Map<string, number>();
  /** By host, the shards whose sets it was found not to hold. */
  readonly #drifts = new Map<string, Set<string>>();

  take(entry: Entry): void {
    switch (entry.type) {
      case 'HostRegistered':
        this.#come(entry.data);
        return;
      case 'HostRetired':
        this.#go(entry.data);
        return;
      case 'HostCleared':
        this.#clear(entry.data);
        return;
      case 'HostGone':
        this.#lose(entry.data);
        return;
      case 'HostChanged':
        if (this.#aside.delete(entry.data.host)) this.#come(entry.data);
        return;
      case 'ChangePlanned':
        this.#plan(entry.data);
        return;
      case 'ChangeApplied':
        this.#acknowledge(entry.data);
        return;
      case 'DriftDetected':
        this.#driftsOf(entry.data.host).add(entry.data.shard);
        return;
      case 'DriftCorrected':
        this.#driftsOf(entry.data.host).delete(entry.data.shard);
        return;
      default:
        entry.type satisfies LeftAlone;
    }
  }

  /** The hosts that may hold something, each with every set that it may hold. */
  get sets(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#sets;
  }

  /** Every set that a host may hold for one shard: of what is at another machine by that name, nothing is said. */
  setsFor(shard: string, host: string): string[] {
    const sets = [...(this.#sets.get(host) ?? [])];
    const own = sets.filter((set) => set.startsWith(`${shard} `));
    // One that the shard has retired may be emptied at any moment, whatever another shard has acknowledged since.
    const mayBeEmpty = this.#homes.get(host) !== shard || sets.includes(nothingHeld);
    return mayBeEmpty ? [nothingHeld, ...own] : own;
  }

  /** Whether a host may hold a set by a shard that still has to empty it, while another has it in use: at another machine, perhaps. */
  isFormer(host: string, set: string): boolean {
    const [shard = ''] = set.split(' ');
    const home = this.#homes.get(host);
    return home !== undefined && home !== shard && this.#leaving.get(host)?.has(shard) === true;
  }

  /** Hosts that were found to hold something else than they acknowledged, and were not put right since. */
  get drifted(): string[] {
    return [...this.#drifts].flatMap(([host, shards]) => (shards.size > 0 ? [host] : []));
  }

  /** Whether a host is of a shard, or still to be emptied by it. */
  isOf(shard: string, host: string): boolean {
    return this.#homes.get(host) === shard || this.#leaving.get(host)?.has(shard) === true;
  }

  /** Whether a host was found not to hold the set of a shard, and not put right since. */
  isDrifted(shard: string, host: string): boolean {
    return this.#drifts.get(host)?.has(shard) === true;
  }

  /** Whether a shard has ever been given a plan. */
  isPlanned(shard: string): boolean {
    return this.#lastPlans.has(shard);
  }

  #driftsOf(host: string): Set<string> {
    const shards = this.#drifts.get(host) ?? new Set<string>();
    this.#drifts.set(host, shards);
    return shards;
  }

  #come({ host, shard }: { host: string; shard: string }): void {
    const sets = this.#sets.get(host) ?? new Set([nothingHeld]);
    sets.add(this.#last(shard));
    this.#sets.set(host, sets);
    this.#homes.set(host, shard);
    this.#aside.delete(host);
    this.#leaving.get(host)?.delete(shard);
  }

  #go({ host, shard }: { host: string; shard: string }): void {
    this.#homes.delete(host);
    if (this.#aside.delete(host)) {
      if ((this.#leaving.get(host)?.size ?? 0) === 0) this.#sets.delete(host);
      return;
    }
    this.#sets.get(host)?.add(nothingHeld);
    this.#leaving.set(host, (this.#leaving.get(host) ?? new Set<string>()).add(shard));
  }

  #clear({ host, shard }: { host: string; shard: string }): void {
    this.#leaving.get(host)?.delete(shard);
    this.#driftsOf(host).delete(shard);
    const sets = this.#sets.get(host) ?? new Set();
    for (const set of sets) if (set.startsWith(`${shard} `)) sets.delete(set);
    if (!this.#homes.has(host) && this.#leaving.get(host)?.size === 0) this.#sets.delete(host);
  }

  #lose({ host, shard }: { host: string; shard: string }): void {
    if (this.#homes.get(host) === shard) {
      this.#aside.add(host);
      this.#sets.get(host)?.add(nothingHeld);
    }
    this.#clear({ host, shard });
  }

  #plan({ shard, plan }: { shard: string; plan: number }): void {
    this.#lastPlans.set(shard, plan);
    for (const [host, home] of this.#homes)
      if (home === shard && !this.#aside.has(host)) this.#sets.get(host)?.add(`${shard} ${String(plan)}`);
  }

  #acknowledge({ host, shard, plan }: { host: string; shard: string; plan: number }): void {
    const sets = this.#sets.get(host) ?? new Set();
    const isLeaving = this.#leaving.get(host)?.has(shard) === true;
    // One that answers is there, whatever was said of it.
    if (this.#aside.delete(host)) sets.add(`${shard} ${String(plan)}`);
    for (const set of [...sets]) {
      const [of = '', number] = set.split(' ');
      const isOlder = of === shard && Number(number) < plan;
      // One that is emptied by another shard may still hold that one's; one that stays no longer holds anything else.
      const isOver = of !== shard && this.#leaving.get(host)?.has(of) !== true;
      if (isOlder || (!isLeaving && isOver)) sets.delete(set);
    }
    if (isLeaving) return;
    for (const other of [...this.#driftsOf(host)])
      if (other !== shard && this.#leaving.get(host)?.has(other) !== true) this.#driftsOf(host).delete(other);
  }

  #last(shard: string): string {
    const plan = this.#lastPlans.get(shard) ?? 0;
    return plan === 0 ? nothingHeld : `${shard} ${String(plan)}`;
  }
}
