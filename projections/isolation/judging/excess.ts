import { without } from '../header-sets/boxes.ts';
import {
  intersect,
  isNothing,
  nothing,
  subtract,
  union,
  unionOf,
  type Traffic,
} from '../header-sets/traffic.ts';
import { pairKey, type Pair } from '../pair.ts';
import { contacts, sceneOf, type Question } from './contacts.ts';

/** Traffic between two ends that some hosts may let through beyond what the documents authorise. */
export interface Excess extends Pair {
  /** Traffic that is not authorised at all. */
  readonly unauthorised: Traffic;
  /** Traffic that is authorised, but not from or to all addresses that may use it. */
  readonly misaddressed: Traffic;
}

/**
 * The excess of all connections with one of the hosts at either end, sorted by from and to in code point order. Traffic
 * within one segment is authorised, whatever its addresses.
 */
export function excessAt(hosts: ReadonlySet<string>, { state, instant, wanted }: Question): Excess[] {
  const scene = sceneOf(state, instant);
  const found = new Map<string, Pair & { traffic: Traffic }>();
  for (const { sources, target, delivered, from, to } of contacts(scene, wanted)) {
    const [first] = sources;
    const isAtHost = hosts.has(first.host) || hosts.has(target.host);
    if (from === to || !isAtHost) continue;
    const authorised = scene.addressing.authorised(first.occupant, target.occupant);
    const beyond = unionOf(without(delivered.may, authorised).map(({ traffic }) => traffic));
    if (isNothing(beyond)) continue;
    const key = pairKey({ from, to });
    found.set(key, { from, to, traffic: union(beyond, found.get(key)?.traffic ?? nothing) });
  }
  const sorted = [...found.values()].sort(
    (a, b) => Number(pairKey(a) > pairKey(b)) - Number(pairKey(a) < pairKey(b)),
  );
  return sorted.map(({ from, to, traffic }) => {
    const allowed = scene.authorisation.between({ from, to });
    return { from, to, unauthorised: subtract(traffic, allowed), misaddressed: intersect(traffic, allowed) };
  });
}
