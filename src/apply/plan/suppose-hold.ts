import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import { deltaOf } from '../../overlay/delta.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { planSet } from './plan-set.ts';

/** The events by which a shard's hosts would be told to hold a set of objects, and would all acknowledge it. */
export function supposeHeld(
  { applied: { shards } }: Estate,
  of: { shard: string; hosts: readonly string[]; objects: readonly OverlayObject[]; basis: number },
): DomainEvent[] {
  const { shard, hosts, objects, basis } = of;
  const applied = appliedShard({ shards }, shard);
  const delta = deltaOf(applied.objects, objects);
  const planned = planSet({ shard, applied, basis }, delta);
  const plan = applied.plan + (planned.length > 0 ? 1 : 0);
  if (plan === 0) return [];
  const digest = digestOfObjects(objects);
  const evidence = { driver: 'supposed', objects: objects.length };
  return [
    ...planned,
    ...hosts.map((host) => ({
      type: 'ChangeApplied' as const,
      data: { shard, host, plan, digest, seenWhole: null, evidence },
    })),
  ];
}
