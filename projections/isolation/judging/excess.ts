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
import { contacts, sceneOf, type Contact, type Question, type Scene } from './contacts.ts';
import type { Finding } from './findings.ts';
import { byHolders } from './former.ts';

/** Traffic between two ends that some hosts may let through beyond what the documents authorise. */
export interface Excess extends Pair, Pick<Finding, 'former'> {
  /** The kind that the verifier finds it to be where it is late. */
  readonly kind: 'isolation' | 'airgap';
  /** Traffic that is not authorised at all. */
  readonly unauthorised: Traffic;
  /** Traffic that is authorised, but not from or to all addresses that may use it. */
  readonly misaddressed: Traffic;
}

/**
 * The excess of all connections with one of the hosts at either end, sorted by from and to in code point order. What passes as
 * former holders' of the ports comes first, and only once. Traffic within one segment is authorised, whatever its addresses.
 */
export function excessAt(hosts: ReadonlySet<string>, { state, instant, wanted }: Question): Excess[] {
  const scene = sceneOf(state, instant);
  const found = new Map<string, ExcessOfPair>();
  for (const contact of contacts(scene, wanted)) {
    const { sources, target, from, to } = contact;
    const isAtHost = hosts.has(sources[0].host) || hosts.has(target.host);
    if (from === to || !isAtHost || isNothing(beyond(contact, scene))) continue;
    const key = pairKey({ from, to });
    const known = found.get(key) ?? { pair: { from, to }, parts: new Map<string, PassingAs>() };
    found.set(key, known);
    noteHolders(known.parts, contact, scene);
  }
  const sorted = [...found].sort(([a], [b]) => Number(a > b) - Number(a < b));
  return sorted.flatMap(([, ofPair]) => rowsOfPair(ofPair, scene));
}

/** Traffic by those as whom it passes. */
interface PassingAs {
  readonly holders: Pair;
  readonly traffic: Traffic;
}

interface ExcessOfPair {
  readonly pair: Pair;
  /** By pairKey of the holders. */
  readonly parts: Map<string, PassingAs>;
}

function beyond({ sources: [first], target, delivered }: Contact, { addressing }: Scene): Traffic {
  const excess = without(delivered.may, addressing.authorised(first.occupant, target.occupant));
  return unionOf(excess.map(({ traffic }) => traffic));
}

/** Sources that are alike now may have differed before, so each is looked at by itself. */
function noteHolders(parts: Map<string, PassingAs>, { sources, target: to }: Contact, scene: Scene): void {
  for (const from of sources) {
    const { may } = scene.delivery.between({ from, to });
    const boxes = without(may, scene.addressing.authorised(from.occupant, to.occupant));
    for (const { holders, boxes: theirs } of byHolders({ from, to, boxes }, scene)) {
      const key = pairKey(holders);
      const traffic = unionOf(theirs.map((box) => box.traffic));
      parts.set(key, { holders, traffic: union(traffic, parts.get(key)?.traffic ?? nothing) });
    }
  }
}

/** The parts of a pair without what an earlier part has already; what passes as the two who sit there comes last. */
function rowsOfPair({ pair, parts }: ExcessOfPair, { authorisation }: Scene): Excess[] {
  const own = pairKey(pair);
  const former = [...parts].filter(([key]) => key !== own).sort(([a], [b]) => Number(a > b) - Number(a < b));
  const allowed = authorisation.between(pair);
  const kind = authorisation.crossesAirGap(pair) ? 'airgap' : 'isolation';
  let told = nothing;
  return [...former, ...[...parts].filter(([key]) => key === own)].flatMap(([key, { holders, traffic }]) => {
    const rest = subtract(traffic, told);
    told = union(told, traffic);
    if (isNothing(rest)) return [];
    const named = key === own ? {} : { former: holders };
    return [
      {
        ...pair,
        ...named,
        kind,
        unauthorised: subtract(rest, allowed),
        misaddressed: intersect(rest, allowed),
      },
    ];
  });
}
