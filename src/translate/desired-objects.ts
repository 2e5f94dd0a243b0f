import type { OverlayObject } from '../../events/overlay-objects.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { ShardTranslation } from './shard-translation.ts';

/**
 * The objects that every host of a shard is to hold, for an intended state judged at an instant (UTC with
 * milliseconds): the shard's own networks, and the networks of other shards that exchange packets with them.
 *
 * Both ends of a connection are compiled from the grant itself (egress ∩ ingress). So a mix of hosts with old and new
 * state allows only traffic that the old or the new state allows. Quarantine takes no grant away: its acls stand
 * above the grants, wherever a network of the tenant is.
 */
export function desiredObjects(
  intended: Intended,
  { shard, at }: { shard: string; at: string },
): OverlayObject[] {
  return [...ShardTranslation.of(shard, { intended, at }).objects()];
}
