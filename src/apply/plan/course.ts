import type { DomainEvent } from '../../../events/catalogue.ts';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard, type AppliedShard, type Hold } from '../../../projections/applied/applied.ts';
import { deltaOf } from '../../overlay/delta.ts';
import type { Estate } from '../../projector/estate-projection.ts';
import type { Projected } from '../../projector/projection.ts';
import { cutOff, lackingCuts } from './cut-off.ts';
import { decidedOn, standsOn } from './stands-on.ts';
import { planSet } from './plan-set.ts';
import { judgedAt } from '../../ledger/instants.ts';
import { planShard, type ShardPlan } from './plan-shard.ts';
import { planRestrictions } from './restrict-first.ts';

/** The set of objects that a shard's hosts were to hold, by the estate as of an entry. */
export interface PastState extends Hold {
  readonly objects: readonly OverlayObject[];
}

/**
 * The goal of a round for a shard.
 * - `present`: the state that the events ask for now.
 * - `held`: the set that was planned last, since the shard is held at a past state.
 * - `past`: a past state, for the caller who holds the shard there.
 * A quarantine of now is above any past state: it cuts on every course.
 */
export type Course =
  | { readonly kind: 'present' }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'past'; readonly hold: PastState };

/**
 * A part of a round: what adds is left for later. `restrictions`: the part of the plan that only takes away. `cuts`: of that
 * only what cuts off who is in quarantine, at a cost that does not grow with the set; retired hosts are emptied as well, since
 * no plan tells them of a quarantine.
 */
export type TakingAway = 'restrictions' | 'cuts';

export type Extent = TakingAway | 'everything';

/** The course of a shard at the beginning of a round. `past` is the past state that the caller asked for. */
export function courseOf({ held }: AppliedShard, past: PastState | undefined): Course {
  if (past !== undefined) return { kind: 'past', hold: past };
  return held === undefined ? { kind: 'present' } : { kind: 'held', hold: held };
}

/**
 * The plans of a round, in their order. A shard that stays held has no first part: its whole plan is the changed
 * quarantines.
 */
export function extentsOf({ kind }: Course, only: TakingAway | undefined): readonly Extent[] {
  if (only === 'cuts') return ['cuts'];
  if (kind === 'held') return ['everything'];
  return only === undefined ? ['restrictions', 'everything'] : ['restrictions'];
}

/** True if a round empties retired hosts. In a shard that stays held, only a quarantine does. */
export function emptiesRetired({ kind }: Course, only: TakingAway | undefined): boolean {
  return only === 'cuts' || (only === undefined && kind !== 'held');
}

/** A plan to be recorded, and the subjects under which nothing may come before it is. */
export interface PlanProposal {
  readonly events: readonly DomainEvent[];
  readonly subjects: readonly string[];
}

/**
 * Plans a shard on its course, for the present estate. No events if nothing is left to be planned; none either if the
 * shard was held or resumed since the round began: the next round has another course.
 *
 * A plan that only takes away stands on the shard's plans and on nothing else, so that it waits for nobody, however many change
 * something at the same time: it opens nothing, whatever was recorded meanwhile.
 */
export function planOn(
  course: Course,
  of: { shard: string; now: string; estate: Projected<Estate>; extent: Extent },
): PlanProposal {
  const { shard, now, estate, extent } = of;
  const { intended } = estate.state;
  const applied = appliedShard(estate.state.applied, shard);
  const own = [`overlay/${shard}`];
  if (!isFollowed(course, applied)) return { events: [], subjects: own };
  const on = { shard, applied, basis: basisOf(course, estate), intended };
  if (extent === 'cuts') return { events: planSet(on, lackingCuts(applied.set, intended)), subjects: own };
  if (course.kind !== 'present') {
    const { delta, events } = planHold(course, on, estate.state);
    if (extent !== 'everything') return { events: planRestrictions(delta, on), subjects: own };
    return { events: events(), subjects: course.kind === 'past' ? [...own, ...decidedOn] : own };
  }
  const at = judgedAt(now, estate.recordedAt);
  const { delta, events } = planShard(estate.state, { ...on, at });
  if (extent !== 'everything') return { events: planRestrictions(delta, on), subjects: own };
  const ground = { before: applied.objects, intended, at };
  return { events: events(), subjects: [...own, ...standsOn(delta, ground)] };
}

function isFollowed(course: Course, { held }: AppliedShard): boolean {
  const hold = course.kind === 'present' ? undefined : course.hold;
  return held?.seq === hold?.seq && held?.time === hold?.time;
}

/** The seq of the estate that a plan stands on. */
function basisOf(course: Course, { cursor }: Projected<Estate>): number {
  return Math.max(course.kind === 'present' ? cursor.size - 1 : course.hold.seq, 0);
}

function planHold(
  course: Exclude<Course, { kind: 'present' }>,
  on: { shard: string; applied: AppliedShard; basis: number },
  { intended }: Pick<Estate, 'intended'>,
): ShardPlan {
  const { applied } = on;
  const delta =
    course.kind === 'past'
      ? deltaOf(applied.objects, cutOff(course.hold.objects, intended))
      : lackingCuts(applied.set, intended);
  return { delta, events: () => planSet(on, delta) };
}
