import type { DomainEvent } from '../../../events/catalogue.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import type { Delta } from '../../overlay/delta.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { planSet } from './plan-set.ts';
import { outlookOn } from './shard-outlook.ts';

/** How what a shard's hosts are to hold next differs from what they were last told, and the plan for it. */
export interface ShardPlan {
  readonly delta: Delta;
  /** None where nothing differs. Made when asked for: their digests are of the whole set. */
  readonly events: () => readonly DomainEvent[];
}

/** Plans a shard for an estate judged at an instant. `basis` is the seq of the estate. */
export function planShard(
  estate: Estate,
  { shard, at, basis }: { shard: string; at: string; basis: number },
): ShardPlan {
  const { translation, delta } = outlookOn(estate, { shard, at });
  const applied = appliedShard(estate.applied, shard);
  const events = (): DomainEvent[] =>
    planSet({ shard, applied, basis }, { delta, after: () => translation.objects() });
  return { delta, events };
}
