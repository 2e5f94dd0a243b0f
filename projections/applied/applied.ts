import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { ChangeLog } from '../fold/change-log.ts';
import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import type { SetChange } from '../../events/set-digest.ts';
import { Bypasses } from './bypasses.ts';
import type { LeftAlone } from './left-alone.ts';
import { dropsWithin, observedAfter, type HostDrops } from './host-drops.ts';
import { PlanChanges, type Former } from './plan-changes.ts';
import { PlannedSet } from './planned-set.ts';

/** The applied overlay: by shard, the objects that its hosts were last told to hold, and their acknowledgements. */
export interface Applied {
  readonly shards: Map<string, AppliedShard>;
}

export interface AppliedShard {
  /** The number of the last plan; 0 before the first. */
  plan: number;
  /** The digest of its set of objects; undefined before the first plan. */
  digest: string | undefined;
  /** Its set of objects. */
  readonly set: PlannedSet;
  /** The objects of `set`, by key. */
  readonly objects: ReadonlyMap<string, OverlayObject>;
  /** What each plan touched, and what was there before: for changeSince and formerOf. */
  readonly planChanges: PlanChanges;
  /** The keys that plans touched since the state was begun or loaded. */
  readonly changes: ChangeLog;
  /** By host, the last plan that it acknowledged, and the digest that was read back then. */
  readonly hosts: Map<string, Acknowledgement>;
  /**
   * Digests by plan, from the oldest plan that a host acknowledged. A host with one of these digests has not drifted.
   */
  readonly digests: Map<number, string>;
  /** By VNI, the network that a plan took away, with that plan: some host may still hold it. */
  readonly leaving: Map<number, LeavingNetwork>;
  /** By host, its drift: the state that was found last and is not put right yet. */
  readonly drifted: Map<string, OpenDrift>;
  /** By host, the plan that it did not take last. No acknowledgement has followed. */
  readonly failed: Map<string, PlanFailure>;
  /** Hosts that persons change by hand, or did, and that were not seen whole since. */
  readonly bypasses: Bypasses;
  /** By host, its counters of dropped packets. */
  readonly drops: Map<string, HostDrops>;
  /** Retired hosts that are to be emptied. */
  readonly leavingHosts: Set<string>;
  /** Hosts in use of which a person said that they are gone, and no document was recorded since: they hold nothing. */
  readonly goneHosts: Set<string>;
  /** The past state that the shard is held at; undefined while its applier follows the events. */
  held: Hold | undefined;
  /** True if the shard itself was retired. */
  retired: boolean;
}

export interface LeavingNetwork {
  /** A segment or an external. */
  readonly segment: string;
  readonly plan: number;
}

export interface Acknowledgement {
  readonly plan: number;
  readonly digest: string;
}

/** The state of a host that differs from its acknowledgement. The digest is there if it was a set of objects. */
export interface OpenDrift {
  readonly found: EventData<'DriftDetected'>['found'];
  readonly digest: string | undefined;
}

/** A plan that a host did not take, and the reason in words. `holds` is the plan that it says it holds, if the ledger has no such plan. */
export interface PlanFailure {
  readonly plan: number;
  readonly problem: string;
  readonly holds: number | undefined;
}

/** A past state of the estate: as of an entry, judged at an instant. */
export interface Hold {
  readonly seq: number;
  readonly time: string;
}

export function emptyApplied(): Applied {
  return { shards: new Map() };
}

/** A shard by name: an empty one, which nothing keeps, where nothing was planned for it yet. */
export function appliedShard({ shards }: Applied, name: string): AppliedShard {
  return shards.get(name) ?? emptyShard();
}

function emptyShard(): AppliedShard {
  const set = PlannedSet.empty();
  return {
    plan: 0,
    digest: undefined,
    set,
    objects: set.objects,
    planChanges: new PlanChanges(),
    changes: new ChangeLog(),
    hosts: new Map(),
    digests: new Map(),
    leaving: new Map(),
    drifted: new Map(),
    failed: new Map(),
    bypasses: new Bypasses(),
    drops: new Map(),
    leavingHosts: new Set(),
    goneHosts: new Set(),
    held: undefined,
    retired: false,
  };
}

/** Folds one event into the given state. Total over all events. */
export function foldApplied(applied: Applied, event: DomainEvent): void {
  switch (event.type) {
    case 'ChangePlanned':
      foldPlan(shardOf(applied, event.data.shard), event.data);
      return;
    case 'ChangeApplied':
      acknowledge(shardOf(applied, event.data.shard), event.data);
      return;
    case 'ChangeFailed': {
      const { shard, host, plan, problem, holds } = event.data;
      shardOf(applied, shard).failed.set(host, { plan, problem, holds });
      return;
    }
    case 'HostRegistered':
    case 'HostChanged':
      for (const [name, shard] of applied.shards)
        if (name !== event.data.shard) shard.bypasses.leave(event.data.host);
      comeAgain(applied.shards.get(event.data.shard), event.data.host);
      return;
    case 'HostRetired':
      retire(shardOf(applied, event.data.shard), event.data.host);
      return;
    case 'HostGone':
      lose(shardOf(applied, event.data.shard), event.data.host);
      return;
    case 'HostCleared':
      clear(shardOf(applied, event.data.shard), event.data.host);
      return;
    case 'DriftDetected': {
      const { shard, host, found, digest } = event.data;
      shardOf(applied, shard).drifted.set(host, { found, digest });
      return;
    }
    case 'DriftCorrected':
      shardOf(applied, event.data.shard).drifted.delete(event.data.host);
      shardOf(applied, event.data.shard).failed.delete(event.data.host);
      return;
    case 'BypassOpened':
    case 'BypassClosed':
      shardOf(applied, event.data.shard).bypasses.take(event);
      return;
    case 'BypassSettled': {
      const { shard, host, plan, digest } = event.data;
      const { bypasses, leavingHosts, digests } = shardOf(applied, shard);
      // A host that was retired meanwhile is known once it was emptied, or was settled after it came again.
      if (!leavingHosts.has(host) && digests.get(plan) === digest) bypasses.take(event);
      return;
    }
    case 'DropsObserved': {
      const { drops } = shardOf(applied, event.data.shard);
      drops.set(event.data.host, observedAfter(drops.get(event.data.host), event.data));
      return;
    }
    case 'ShardHeld':
      shardOf(applied, event.data.shard).held = { seq: event.data.seq, time: event.data.time };
      return;
    case 'ShardResumed':
      shardOf(applied, event.data.shard).held = undefined;
      return;
    case 'ShardRegistered':
    case 'ShardRetired': {
      const shard = applied.shards.get(event.data.shard);
      if (shard !== undefined) shard.retired = event.type === 'ShardRetired';
      return;
    }
    default:
      event.type satisfies LeftAlone;
  }
}

/** A shard to be changed: it is kept from now on. */
function shardOf(applied: Applied, name: string): AppliedShard {
  const known = applied.shards.get(name);
  if (known !== undefined) return known;
  const shard = emptyShard();
  applied.shards.set(name, shard);
  return shard;
}

function foldPlan(shard: AppliedShard, { plan, put, removed, after }: EventData<'ChangePlanned'>): void {
  const former = new Map([...removed, ...put.map(keyOf)].map((key) => [key, shard.objects.get(key)]));
  for (const key of removed) {
    const object = shard.set.remove(key);
    if (object?.kind === 'network') shard.leaving.set(object.vni, { segment: object.segment, plan });
  }
  for (const object of put) shard.set.put(object);
  for (const key of former.keys()) shard.changes.note(key);
  shard.planChanges.note(plan, former, { among: shard.objects.size });
  shard.plan = plan;
  shard.digest = after;
  shard.digests.set(plan, after);
}

function acknowledge(shard: AppliedShard, { host, plan, digest }: EventData<'ChangeApplied'>): void {
  shard.hosts.set(host, { plan, digest });
  shard.failed.delete(host);
  // It answers, whatever a person said of it.
  shard.goneHosts.delete(host);
  const drops = shard.drops.get(host);
  if (drops !== undefined && plan === shard.plan) shard.drops.set(host, dropsWithin(shard.set, drops));
  const oldest = Math.min(...Array.from(shard.hosts.values(), (acknowledged) => acknowledged.plan));
  for (const known of shard.digests.keys()) if (known < oldest) shard.digests.delete(known);
  shard.planChanges.forget(oldest);
}

/** A step between two sets, and what it replaces: by each key of it, the object before it, or undefined. */
export interface KnownChange extends SetChange {
  readonly former: Former;
}

/**
 * The step from the set of a plan to the last one, sorted by key. It may put an object that the former set has already.
 * Undefined where it is not known any more, or is most of the set.
 */
export function changeSince(shard: AppliedShard, plan: number): KnownChange | undefined {
  const former = formerOf(shard, plan);
  return former && { ...shard.set.at(former.keys()), former };
}

/** What the set of a plan had at the keys that were touched since. Undefined where changeSince is. */
export function formerOf({ plan: last, planChanges }: AppliedShard, plan: number): Former | undefined {
  return plan > last ? undefined : planChanges.since(plan);
}

/** Whether changeSince knows that step. */
export function isChangeKnown({ plan: last, planChanges }: AppliedShard, plan: number): boolean {
  return plan <= last && planChanges.knows(plan);
}

/**
 * A host that was to be emptied and is registered again begins anew: its earlier acknowledgement counts no more. A
 * drift that was found there is still to be put right.
 */
function comeAgain(shard: AppliedShard | undefined, host: string): void {
  shard?.goneHosts.delete(host);
  if (shard?.leavingHosts.delete(host) !== true) return;
  shard.hosts.delete(host);
  shard.failed.delete(host);
}

/** One that is gone has nothing to be emptied of. */
function retire(shard: AppliedShard, host: string): void {
  if (shard.goneHosts.delete(host)) {
    shard.bypasses.forget(host);
    return;
  }
  shard.bypasses.leave(host);
  shard.leavingHosts.add(host);
}

/** The host may be in use, or retired and not emptied yet. */
function lose(shard: AppliedShard, host: string): void {
  if (!shard.leavingHosts.delete(host)) shard.goneHosts.add(host);
  forget(shard, host);
}

function clear(shard: AppliedShard, host: string): void {
  if (shard.leavingHosts.delete(host)) forget(shard, host);
}

function forget(shard: AppliedShard, host: string): void {
  shard.hosts.delete(host);
  shard.failed.delete(host);
  shard.drifted.delete(host);
  shard.bypasses.forget(host);
  shard.drops.delete(host);
}
