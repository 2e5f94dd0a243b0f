import { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import { allPairs, contacts, only, sceneOf } from '../../../projections/isolation/judging/contacts.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { IsolationState } from '../../../projections/isolation/state.ts';
import {
  isNothing,
  nothing,
  subtract,
  union,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import { trafficRows, type TrafficRow } from '../traffic-rows.ts';

/**
 * By pairKey, the traffic that may open connections between two different ends. A pair without traffic is left out.
 */
export type PairTraffic = ReadonlyMap<string, Connected>;

export interface Connected extends Pair {
  readonly traffic: Traffic;
}

/**
 * One line of traffic that came or went. `protocol` is as in `connections`, or `other` for all protocols without a
 * name at once.
 */
export interface ChangedRow extends Pair, TrafficRow {}

/** The traffic of a lane at an instant, between all pairs or between some; as `connections` lists it. */
export function laneTraffic(
  lane: Lane,
  { state, instant, pairs }: { state: IsolationState; instant: string; pairs?: readonly Pair[] | undefined },
): PairTraffic {
  const found = new Map<string, Connected>();
  for (const { from, to, traffic } of connectedIn(lane, { state, instant, pairs })) {
    if (from === to || isNothing(traffic)) continue;
    const key = pairKey({ from, to });
    found.set(key, { from, to, traffic: union(found.get(key)?.traffic ?? nothing, traffic) });
  }
  return found;
}

function* connectedIn(
  lane: Lane,
  { state, instant, pairs }: { state: IsolationState; instant: string; pairs: readonly Pair[] | undefined },
): Generator<Connected> {
  if (lane === 'intended') {
    const authorisation = new Authorisation(state.documents, instant);
    if (pairs === undefined) yield* authorisation.pairs('between');
    for (const pair of pairs ?? []) yield { ...pair, traffic: authorisation.between(pair) };
    return;
  }
  const wanted = pairs === undefined ? allPairs : only(pairs);
  for (const { from, to, delivered } of contacts(sceneOf(state, instant), wanted)) {
    yield { from, to, traffic: delivered.allowed };
  }
}

/** The pairs of rows, each once. */
export function pairsIn(rows: readonly ChangedRow[]): Pair[] {
  return [...new Map(rows.map(({ from, to }) => [pairKey({ from, to }), { from, to }])).values()];
}

/** The traffic of `after` that `before` does not have, sorted by from, to and protocol in code point order. */
export function gainedIn(after: PairTraffic, before: PairTraffic): ChangedRow[] {
  const gained = Array.from(after, ([key, { from, to, traffic }]) => {
    const beyond = subtract(traffic, before.get(key)?.traffic ?? nothing);
    return { key, rows: trafficRows(beyond).map((row) => ({ from, to, ...row })) };
  });
  return gained.sort((a, b) => (a.key < b.key ? -1 : 1)).flatMap(({ rows }) => rows);
}
