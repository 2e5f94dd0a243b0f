import type { Judged, Scope } from './consents.ts';
import { grantsOf, isCut, type Grant } from './grants.ts';
import type { Intended } from './intended.ts';
import { difference, isNothing, nothing, type Traffic } from './traffic.ts';

/**
 * What one intended state allows beyond another: whole new grants, what old ones were widened by, and what quarantine no
 * longer cuts. With a scope, of its members only.
 */
export function gainedGrants(
  { before, after }: { before: Intended; after: Intended },
  judged: Judged,
  scope?: Scope,
): Grant[] {
  const held = new Map<string, Traffic>();
  for (const { from, to, traffic } of grantsOf(before, judged, scope)) {
    if (!isCut(before, { from, to })) held.set(`${from} ${to}`, traffic);
  }
  const gained: Grant[] = [];
  for (const { from, to, traffic } of grantsOf(after, judged, scope)) {
    if (isCut(after, { from, to })) continue;
    const beyond = difference(traffic, held.get(`${from} ${to}`) ?? nothing);
    if (!isNothing(beyond)) gained.push({ from, to, traffic: beyond });
  }
  return gained.sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
