import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';

/** The applied overlay: what each shard's hosts were last told to hold, and which of them acknowledged it. */
export interface Applied {
  readonly shards: Map<string, AppliedShard>;
}

export interface AppliedShard {
  /** The number of the last plan; 0 before the first. */
  plan: number;
  /** The digest of its set of objects; undefined before the first plan. */
  digest: string | undefined;
  /** Its set of objects, by key. */
  readonly objects: Map<string, OverlayObject>;
  /** The last plan that each host acknowledged, and what was read back from it then. */
  readonly hosts: Map<string, Acknowledgement>;
  /** VNIs whose network a plan took away, with that plan: some host may still hold them. */
  readonly leaving: Map<number, number>;
}

export interface Acknowledgement {
  readonly plan: number;
  readonly digest: string;
}

export function emptyApplied(): Applied {
  return { shards: new Map() };
}

/** Folds one event into the state that is given; total over all events. */
export function foldApplied(applied: Applied, event: DomainEvent): void {
  if (event.type === 'ChangePlanned') foldPlan(shardOf(applied, event.data.shard), event.data);
  if (event.type === 'ChangeApplied') {
    const { shard, host, plan, digest } = event.data;
    shardOf(applied, shard).hosts.set(host, { plan, digest });
  }
}

function shardOf(applied: Applied, name: string): AppliedShard {
  const known = applied.shards.get(name);
  if (known !== undefined) return known;
  const shard = { plan: 0, digest: undefined, objects: new Map(), hosts: new Map(), leaving: new Map() };
  applied.shards.set(name, shard);
  return shard;
}

function foldPlan(shard: AppliedShard, { plan, put, removed, after }: EventData<'ChangePlanned'>): void {
  for (const key of removed) {
    const object = shard.objects.get(key);
    if (object?.kind === 'network') shard.leaving.set(object.vni, plan);
    shard.objects.delete(key);
  }
  for (const object of put) shard.objects.set(keyOf(object), object);
  shard.plan = plan;
  shard.digest = after;
}

/**
 * VNIs that some host may still hold: those of every planned network, and those that left with a plan which not every
 * one of the shard's hosts (given by shard) has acknowledged. None of them may be given to another segment.
 */
export function vnisInUse(applied: Applied, hostsOf: (shard: string) => Iterable<string>): Set<number> {
  const inUse = new Set<number>();
  for (const [name, shard] of applied.shards) {
    for (const object of shard.objects.values()) if (object.kind === 'network') inUse.add(object.vni);
    const acknowledged = Array.from(hostsOf(name), (host) => shard.hosts.get(host)?.plan ?? 0);
    const oldest = Math.min(shard.plan, ...acknowledged);
    for (const [vni, plan] of shard.leaving) if (plan > oldest) inUse.add(vni);
  }
  return inUse;
}
