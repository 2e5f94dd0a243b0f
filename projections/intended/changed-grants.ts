import { grantsOf, type Grant, type Judged } from './grants.ts';
import type { Intended } from './intended.ts';
import { difference, isNothing, nothing, type Traffic } from './traffic.ts';

/** What one intended state allows beyond another: whole new grants, and what old ones were widened by. */
export function gainedGrants(
  { before, after }: { before: Intended; after: Intended },
  judged: Judged,
): Grant[] {
  const held = new Map<string, Traffic>();
  for (const { from, to, traffic } of grantsOf(before, judged)) held.set(`${from} ${to}`, traffic);
  const gained: Grant[] = [];
  for (const { from, to, traffic } of grantsOf(after, judged)) {
    const beyond = difference(traffic, held.get(`${from} ${to}`) ?? nothing);
    if (!isNothing(beyond)) gained.push({ from, to, traffic: beyond });
  }
  return gained.sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
