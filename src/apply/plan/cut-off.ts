import { holderOf } from '../../../events/names.ts';
import { objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { AppliedShard } from '../../../projections/applied/applied.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import {
  quarantinedNames,
  quarantineOnly,
  type Quarantinable,
  type Quarantine,
} from '../../../projections/intended/quarantine.ts';
import { deltaAt, isEmpty, type Delta } from '../../overlay/delta.ts';
import { cutsAmong } from '../../translate/objects.ts';

/** A past set of objects, with the quarantines of now: quarantine is above every grant, also above past ones. */
export function cutOff(
  objects: readonly OverlayObject[],
  { quarantine }: Pick<Intended, 'quarantine'>,
): OverlayObject[] {
  const cuts = cutsAmong(objects, quarantine);
  return [...objectsByKey([...objects, ...cuts]).values()];
}

/** The quarantines of now that the set which a shard's hosts were last told to hold does not carry out yet. */
export function lackingCuts({ set, objects }: AppliedShard, quarantine: Quarantine): Delta {
  const holders = new Set(quarantinedNames(quarantine).map(holderOf));
  const networks = [...holders].flatMap((holder) => [...set.networksOf(holder)]);
  const cuts = objectsByKey(cutsAmong(networks, quarantine));
  return deltaAt(cuts.keys(), { before: objects, after: cuts });
}

/** True if the set that a shard's hosts were last told to hold cuts off every network in it of a tenant, segment or external. */
export function isCutOff(shard: AppliedShard, subject: Quarantinable): boolean {
  return isEmpty(lackingCuts(shard, quarantineOnly(subject)));
}
