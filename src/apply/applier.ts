import { draftOf } from '../../events/draft.ts';
import type { DomainEvent } from '../../events/catalogue.ts';
import type { Actor } from '../../events/entry.ts';
import type { Shard } from '../../events/estate.ts';
import type { AppliedShard } from '../../projections/applied/applied.ts';
import { hostsOfShard } from '../../projections/directory/directory.ts';
import { Conflict } from '../ledger/faults.ts';
import type { Ledger } from '../ledger/port.ts';
import { OverlayUnavailable } from '../overlay/faults.ts';
import type { HostTarget, OverlayDriver } from '../overlay/port.ts';
import { estateProjection, type Estate } from '../project/estate.ts';
import { project, type Projected } from '../project/projection.ts';
import type { Clock } from '../runtime/clock.ts';
import { decidedOn, unchanged } from './enact.ts';
import { judgedAt, planShard } from './plan-shard.ts';

/** What the applier of one shard works with. It alone may drive the shard: the caller holds the shard's role. */
export interface ApplierContext {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly actor: Actor;
  readonly driver: OverlayDriver;
  readonly shard: Shard;
  /** Failures that are in the ledger already, as `plan/host`: a host that stays away is recorded once, not at every try. */
  readonly reported: Set<string>;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly shard: string;
  readonly done: number;
  readonly of: number;
}

/** What one round came to. `settled`: every host holds what the events ask for. */
export interface Round {
  readonly estate: Projected<Estate>;
  readonly planned: number | undefined;
  readonly driven: readonly string[];
  /** Hosts that did not take the plan, with the reason in words. */
  readonly absent: ReadonlyMap<string, string>;
  readonly settled: boolean;
}

/** How often a plan is made anew when others write at the same time. */
const attemptsMax = 5;

/**
 * One round: records a plan if the intended state differs from the last one, then drives every host that does not hold
 * it, and records each acknowledgement. Whatever a crash left undone, the next round completes: the plan is in the
 * ledger before the first host is touched, and a host is read before it is written.
 */
export async function round(context: ApplierContext, from: Projected<Estate>): Promise<Round> {
  const { estate, planned } = await recordPlan(context, from);
  const { shard } = context.shard;
  const applied = estate.state.applied.shards.get(shard);
  if (applied === undefined) return { estate, planned, driven: [], absent: new Map(), settled: true };
  const hosts = hostsOfShard(estate.state.intended.directory, shard);
  const target: HostTarget = { plan: applied.plan, objects: [...applied.objects.values()] };
  const driven: string[] = [];
  const absent = new Map<string, string>();
  for (const [index, host] of hosts.entries()) {
    context.onProgress?.({ shard, done: index, of: hosts.length });
    const problem = await driveHost(context, { host, target, applied });
    if (problem === undefined) driven.push(host);
    else if (problem !== 'held') absent.set(host, problem);
  }
  context.onProgress?.({ shard, done: hosts.length, of: hosts.length });
  const after = await project(context.ledger, estateProjection, estate);
  const next = planShard(after.state, {
    shard,
    at: judgedAt(context.clock.now(), after.recordedAt),
    basis: 0,
  });
  return { estate: after, planned, driven, absent, settled: absent.size === 0 && next.events.length === 0 };
}

/** Brings the estate up to date and records the plan for it, on condition that neither estate nor overlay has moved on. */
async function recordPlan(
  context: ApplierContext,
  from: Projected<Estate>,
): Promise<{ estate: Projected<Estate>; planned: number | undefined }> {
  const { ledger, clock, actor } = context;
  const { shard } = context.shard;
  let estate = await project(ledger, estateProjection, from);
  for (let attempt = 1; ; attempt += 1) {
    const at = judgedAt(clock.now(), estate.recordedAt);
    const { events } = planShard(estate.state, { shard, at, basis: Math.max(estate.cursor.size - 1, 0) });
    if (events.length === 0) return { estate, planned: undefined };
    try {
      const conditions = [unchanged([...decidedOn, `overlay/${shard}`], estate)];
      await ledger.append({ events: events.map(draftOf), actor, conditions });
      const after = await project(ledger, estateProjection, estate);
      return { estate: after, planned: after.state.applied.shards.get(shard)?.plan };
    } catch (fault) {
      if (!(fault instanceof Conflict) || attempt === attemptsMax) throw fault;
      estate = await project(ledger, estateProjection, estate);
    }
  }
}

/** Drives one host, unless it holds the plan already (`held`). Returns the problem in words, or undefined when driven. */
async function driveHost(
  context: ApplierContext,
  { host, target, applied }: { host: string; target: HostTarget; applied: AppliedShard },
): Promise<string | undefined> {
  const { driver, shard } = context;
  try {
    const held = await driver.read(host);
    const acknowledged = applied.hosts.get(host);
    const holds = held?.digest === applied.digest && held?.plan === target.plan;
    if (holds && acknowledged?.plan === target.plan) return 'held';
    const state = holds ? held : await driver.apply(host, target);
    if (state.digest !== applied.digest) {
      throw new OverlayUnavailable(`what was read back from host ${host} is not what was written`);
    }
    const evidence = { driver: driver.name, objects: state.objects.length };
    const data = { shard: shard.shard, host, plan: target.plan, digest: state.digest, evidence };
    await append(context, { type: 'ChangeApplied', data });
    return undefined;
  } catch (fault) {
    if (!(fault instanceof OverlayUnavailable)) throw fault;
    await reportFailure(context, { host, plan: target.plan, problem: fault.message });
    return fault.message;
  }
}

async function reportFailure(
  context: ApplierContext,
  failure: { host: string; plan: number; problem: string },
): Promise<void> {
  const key = `${String(failure.plan)}/${failure.host}`;
  if (context.reported.has(key)) return;
  context.reported.add(key);
  await append(context, { type: 'ChangeFailed', data: { shard: context.shard.shard, ...failure } });
}

async function append({ ledger, actor }: ApplierContext, event: DomainEvent): Promise<void> {
  await ledger.append({ events: [draftOf(event)], actor });
}
