import type { OverlayObject } from '../../events/overlay-objects.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { ShardTranslation } from './shard-translation.ts';

/**
 * The objects that every host of a shard is to hold, for an intended state judged at an instant: the shard's own
 * networks, and of other shards' networks those that the own ones exchange packets with.
 *
 * Both ends of a connection are compiled from the grant itself (egress ∩ ingress), so that any mix of hosts with old
 * and new state allows nothing that neither of the two states allowed. Quarantine takes no grant away: its acls stand
 * above them, wherever a network of the tenant is.
 */
export function desiredObjects(
  intended: Intended,
  { shard, at }: { shard: string; at: string },
): OverlayObject[] {
  return [...ShardTranslation.of(shard, { intended, at }).objects()];
}
