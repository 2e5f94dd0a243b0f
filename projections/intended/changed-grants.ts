import type { Judged, Scope } from './consents.ts';
import { grantKey, grantsOf, type Grant } from './grants.ts';
import type { Intended } from './intended.ts';
import { isCut } from './quarantine.ts';
import { difference, isNothing, nothing, type Traffic } from './traffic.ts';

/**
 * Traffic that `after` allows and `before` does not: new grants, the widened part of old grants, and grants that
 * quarantine no longer cuts. With a scope, only grants of its members.
 */
export function gainedGrants(
  { before, after }: { before: Intended; after: Intended },
  judged: Judged,
  scope?: Scope,
): Grant[] {
  const allowedBefore = new Map<string, Traffic>();
  for (const grant of grantsOf(before, judged, scope)) {
    if (!isCut(before.quarantine, grant)) allowedBefore.set(grantKey(grant), grant.traffic);
  }
  const gained: Grant[] = [];
  for (const grant of grantsOf(after, judged, scope)) {
    if (isCut(after.quarantine, grant)) continue;
    const beyond = difference(grant.traffic, allowedBefore.get(grantKey(grant)) ?? nothing);
    if (!isNothing(beyond)) gained.push({ ...grant, traffic: beyond });
  }
  return gained.sort((a, b) => (grantKey(a) < grantKey(b) ? -1 : 1));
}
