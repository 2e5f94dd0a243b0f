import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import {
  appliedShard,
  emptyApplied,
  foldApplied,
  type AppliedShard,
} from '../../../projections/applied/applied.ts';
import { replay } from '../../ledger/replay.ts';
import type { Ledger } from '../../ledger/port.ts';
import { deltaOf, objectsAfter } from '../../overlay/delta.ts';
import { driftEvents, type Drift } from '../../overlay/drift.ts';
import { expectedOf } from './expected-set.ts';
import type { Drifted, HostContents, Readings } from './read-hosts.ts';

/** DriftDetected for one host, exact to the object. */
export async function driftOf(
  ledger: Ledger,
  { shard, applied, drifted }: { shard: string; applied: AppliedShard; drifted: Drifted },
): Promise<DomainEvent[]> {
  const { host, plan, reading } = drifted;
  const objects = objectsKnown(applied, plan) ?? (await objectsOfPlan(ledger, { shard, plan }));
  const expected = applied.digests.get(plan) ?? digestOfObjects(objects.values());
  return driftEvents({ shard, host, plan, expected }, driftFrom(objects, { applied, reading }));
}

/** The set of a plan, where the shard still remembers what later plans changed of it. */
function objectsKnown(applied: AppliedShard, plan: number): ReadonlyMap<string, OverlayObject> | undefined {
  if (plan === applied.plan) return applied.objects;
  const digest = applied.digests.get(plan);
  return digest === undefined ? undefined : expectedOf(applied).at({ plan, digest })?.objects;
}

/** What was found, compared with the set that was acknowledged instead of the last planned one. */
function driftFrom(
  acknowledged: ReadonlyMap<string, OverlayObject>,
  { applied, reading }: { applied: AppliedShard; reading: HostContents },
): Drift {
  if (reading.kind !== 'objects') return reading;
  const { digest, delta } = reading;
  if (acknowledged === applied.objects) return { kind: 'objects', digest, delta };
  const found = objectsAfter(applied.objects, delta);
  return { kind: 'objects', digest, delta: deltaOf(acknowledged, found.values()) };
}

/** The set of a plan of which that is forgotten: folded from the ledger anew, since such drift is rare. */
async function objectsOfPlan(
  ledger: Ledger,
  { shard, plan }: { shard: string; plan: number },
): Promise<ReadonlyMap<string, OverlayObject>> {
  return (await plannedUpTo(ledger, { shard, plan })).objects;
}

/** A shard with the plans that were made up to one of them, and nothing else. */
async function plannedUpTo(
  ledger: Ledger,
  { shard, plan }: { shard: string; plan: number },
): Promise<AppliedShard> {
  const applied = emptyApplied();
  await replay(ledger, {
    onBatch: ({ entries }) => {
      for (const entry of entries) {
        if (entry.type === 'ChangePlanned' && entry.data.shard === shard && entry.data.plan <= plan)
          foldApplied(applied, entry);
      }
    },
  });
  return appliedShard(applied, shard);
}

/**
 * A shard that remembers its older plans too, where a host was read that says it holds one of those: one that was retired, and
 * came again before it was emptied. That is rare, and the ledger is folded anew.
 */
export async function withOlderPlans(
  ledger: Ledger,
  { shard, applied, readings }: { shard: string; applied: AppliedShard; readings: Readings },
): Promise<AppliedShard> {
  const { digests, plan } = applied;
  const isOlder = Array.from(readings.values()).some(
    (reading) => reading.kind === 'objects' && reading.mark.plan <= plan && !digests.has(reading.mark.plan),
  );
  return isOlder ? { ...applied, digests: (await plannedUpTo(ledger, { shard, plan })).digests } : applied;
}
