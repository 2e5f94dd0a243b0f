import type { Protocol } from '../../../events/names.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import { pairKey, type Pair } from '../pair.ts';
import { allPairs, contacts, sceneOf } from './contacts.ts';
import type { IsolationState } from '../state.ts';
import { isNothing, nothing, rowsOf, union, type Traffic } from '../header-sets/traffic.ts';

/** One line of the `connections` command: traffic that may open connections from one end to another. */
export interface ConnectionRow {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly ports: string;
}

/**
 * The connections that the documents authorise at an instant (UTC with milliseconds), whether or not a segment has
 * endpoints.
 */
export function intendedConnections(state: IsolationState, instant: string): ConnectionRow[] {
  return connectionRows(new Authorisation(state.documents, instant).pairs('between'));
}

/**
 * The connections that the overlay may let through at an instant, by the acknowledgements of its hosts and by the
 * plans since. As in the intended lane, this is about segments: two segments without a common family of addresses are
 * listed with the traffic that they are allowed.
 */
export function appliedConnections(state: IsolationState, instant: string): ConnectionRow[] {
  const delivered = new Map<string, Pair & { traffic: Traffic }>();
  for (const contact of contacts(sceneOf(state, instant), allPairs)) {
    const { from, to } = contact;
    const traffic = contact.delivered.allowed;
    if (from === to || isNothing(traffic)) continue;
    const key = pairKey(contact);
    const before = delivered.get(key)?.traffic ?? nothing;
    delivered.set(key, { from, to, traffic: union(before, traffic) });
  }
  return connectionRows(delivered.values());
}

/**
 * Rows sorted by from, to and protocol, in code point order. Names are ASCII, and a space sorts before all of them.
 */
export function connectionRows(pairs: Iterable<Pair & { readonly traffic: Traffic }>): ConnectionRow[] {
  const sorted = Array.from(pairs).sort((a, b) => (pairKey(a) < pairKey(b) ? -1 : 1));
  return sorted.flatMap(({ from, to, traffic }) => rowsOf(traffic).map((row) => ({ from, to, ...row })));
}
