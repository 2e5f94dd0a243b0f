import type { Judged, Scope } from './consents.ts';
import { grantsOf, isCut, type Grant } from './grants.ts';
import type { Intended } from './intended.ts';
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
  for (const { from, to, traffic } of grantsOf(before, judged, scope)) {
    if (!isCut(before, { from, to })) allowedBefore.set(`${from} ${to}`, traffic);
  }
  const gained: Grant[] = [];
  for (const { from, to, traffic } of grantsOf(after, judged, scope)) {
    if (isCut(after, { from, to })) continue;
    const beyond = difference(traffic, allowedBefore.get(`${from} ${to}`) ?? nothing);
    if (!isNothing(beyond)) gained.push({ from, to, traffic: beyond });
  }
  return gained.sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
