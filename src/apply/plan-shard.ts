import type { DomainEvent } from '../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../events/overlay-objects.ts';
import type { AppliedShard } from '../../projections/applied/applied.ts';
import { deltaOf, isEmpty, type Delta } from '../overlay/delta.ts';
import { planEvents } from '../overlay/plan.ts';
import type { Estate } from '../project/estate.ts';
import { desiredObjects } from '../translate/desired-objects.ts';

/** What a shard's hosts are to hold next, and how that differs from what they were last told. */
export interface ShardPlan {
  readonly shard: string;
  readonly delta: Delta;
  readonly desired: readonly OverlayObject[];
  readonly events: readonly DomainEvent[];
}

/** Plans a shard for an estate judged at an instant. `basis` is the seq of the estate; no events where nothing differs. */
export function planShard(
  { intended, applied }: Estate,
  { shard, at, basis }: { shard: string; at: string; basis: number },
): ShardPlan {
  const planned: Pick<AppliedShard, 'plan' | 'digest' | 'objects'> = applied.shards.get(shard) ?? {
    plan: 0,
    digest: undefined,
    objects: new Map(),
  };
  const desired = desiredObjects(intended, { shard, at });
  const delta = deltaOf(planned.objects, desired);
  if (isEmpty(delta)) return { shard, delta, desired, events: [] };
  const header = {
    shard,
    plan: planned.plan + 1,
    basis,
    before: planned.digest ?? digestOfObjects([]),
    after: digestOfObjects(desired),
  };
  return { shard, delta, desired, events: planEvents(header, delta) };
}

/** The later of now and the last batch: time does not run backwards in a ledger. */
export function judgedAt(now: string, recordedAt: string | undefined): string {
  return recordedAt !== undefined && recordedAt > now ? recordedAt : now;
}
