import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { holderOf, tenantOf } from '../../../events/names.ts';
import { grantsOf } from '../../../projections/intended/grants.ts';
import type { Intended } from '../../../projections/intended/intended.ts';
import type { Delta, Objects } from '../../overlay/delta.ts';
import { endsNamed } from './ends-named.ts';

/**
 * The subjects that a decision about documents reads: they must not have changed when it is recorded. Never `overlay/`: see
 * vnisInUse.
 */
export const decidedOn = ['tenant', 'external', 'host', 'shard'] as const;

/** The estate that a plan carries out, and the set that it leads on from. */
export interface Ground {
  readonly before: Objects;
  readonly intended: Intended;
  /** When the estate was judged. */
  readonly at: string;
}

/**
 * The subjects that a plan stands on: if nothing is recorded under them before the plan is, it opens nothing that was taken back
 * meanwhile. Removing a grant, a route, a network, a binding or a host opens nothing, so nothing is to be watched for it. What is put
 * opens at most pairs of the tenants that it names, and a binding, a network or the end of a quarantine pairs of its tenant with
 * each of its peers. Externals, hosts and shards change seldom, and are watched as a whole; so are tenants where a host is put, since
 * it may carry anybody.
 *
 * Not everything of all tenants: where many change at the same time, a plan would never be recorded.
 */
export function standsOn({ put, removed }: Delta, ground: Ground): readonly string[] {
  const ended = removed.map((key) => ground.before.get(key)).filter((object) => object !== undefined);
  const quarantines = ended.filter((object) => object.kind === 'acl' && object.tier === 'quarantine');
  const opening = [...put, ...quarantines];
  if (opening.length === 0) return [];
  const widely = ['external', 'host', 'shard'];
  if (put.some(({ kind }) => kind === 'host')) return [...widely, 'tenant'];
  const named = opening.flatMap(endsNamed);
  const holders = new Set(opening.flatMap(endsWithPeers).map(holderOf));
  const peers = holders.size === 0 ? [] : Array.from(grantsOf(ground.intended, ground, holders), bothEnds);
  const tenants = new Set([...named, ...peers.flat()].flatMap((end) => tenantOf(end) ?? []));
  return [...widely, ...[...tenants].sort().map((tenant) => `tenant/${tenant}`)];
}

/** The ends that an object makes reachable for everybody who may reach them. */
function endsWithPeers(object: OverlayObject): readonly string[] {
  if (object.kind === 'binding') return [object.endpoint];
  if (object.kind === 'network') return [object.segment];
  const isQuarantine = object.kind === 'acl' && object.tier === 'quarantine';
  return isQuarantine ? bothEnds(object).filter((end) => end !== '*') : [];
}

function bothEnds({ from, to }: { readonly from: string; readonly to: string }): readonly string[] {
  return [from, to];
}
