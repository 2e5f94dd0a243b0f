import type { DomainEvent } from '../../../events/catalogue.ts';
import { appliedShard } from '../../../projections/applied/applied.ts';
import type { Delta } from '../../overlay/delta.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import { planSet } from './plan-set.ts';
import { outlookOn } from './shard-outlook.ts';

/** The difference between the next set of a shard's hosts and their last planned set, and the plan for it. */
export interface ShardPlan {
  readonly delta: Delta;
  /** Empty if nothing differs. */
  readonly events: () => readonly DomainEvent[];
}

/** Plans a shard for an estate judged at an instant. `basis` is the seq of the estate. */
export function planShard(
  estate: Estate,
  { shard, at, basis }: { shard: string; at: string; basis: number },
): ShardPlan {
  const { delta } = outlookOn(estate, { shard, at });
  const applied = appliedShard(estate.applied, shard);
  return { delta, events: () => planSet({ shard, applied, basis }, delta) };
}
