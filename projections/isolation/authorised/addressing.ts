import { addressSet, longestMatch, type AddressSet } from '../header-sets/addresses.ts';
import type { Authorisation } from './authorisation.ts';
import { pairKey, type Pair } from '../pair.ts';
import type { Box } from '../header-sets/boxes.ts';
import { pushTo } from './consents.ts';
import type { Documents, Occupant } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';

/** The owners of addresses, by the documents of one instant and by what they authorise. */
export class Addressing {
  readonly #authorisation: Authorisation;
  readonly #sets = new Map<Occupant, AddressSet>();
  readonly #externals = new Map<string, AddressSet>();
  readonly #endpoints = new Map<string, AddressSet>();
  readonly #seen = new Map<string, AddressSet>();
  readonly #within = new Map<string, readonly string[]>();
  #byEnd: Map<string, AddressSet[]> | undefined;
  /** The addresses of all endpoints. */
  #everywhere: AddressSet | undefined;

  constructor(authorisation: Authorisation) {
    this.#authorisation = authorisation;
  }

  /**
   * The packets that are authorised from one occupant to another: from its own addresses, to addresses that the
   * source's end sees as the other's.
   */
  authorised(from: Occupant, to: Occupant): Box {
    const pair = { from: from.end, to: to.end };
    return {
      src: this.own(from),
      dst: to.kind === 'external' ? this.external(pair) : this.own(to),
      traffic: this.#authorisation.between(pair),
    };
  }

  /** The addresses of an endpoint; those of an external without the longer prefixes of others. */
  own(occupant: Occupant): AddressSet {
    const known = this.#sets.get(occupant);
    if (known !== undefined) return known;
    const { kind, name, ips } = occupant;
    const addresses = kind === 'external' ? this.#longestMatch(name) : addressSet(ips);
    this.#sets.set(occupant, addresses);
    return addresses;
  }

  /**
   * An external as an end sees it: the addresses for which no other external has a longer prefix, without the
   * addresses of endpoints that the end may exchange packets with.
   */
  external(pair: Pair): AddressSet {
    const key = pairKey(pair);
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    let seen = this.#longestMatch(pair.to);
    const within = this.#endsWithin(pair.to);
    if (within.length > 0) {
      const exchanged = this.#authorisation.exchanges(pair.from);
      for (const end of within)
        if (exchanged.has(end)) seen = intervals.subtract(seen, this.#endpointsOf(end));
    }
    this.#seen.set(key, seen);
    return seen;
  }

  /** The addresses of the external, or of the endpoints, at one end, as another end sees them. */
  attached({ from, to }: Pair): AddressSet {
    return this.#authorisation.documents.externals.has(to)
      ? this.external({ from, to })
      : this.#endpointsOf(to);
  }

  /** Addresses that more than one endpoint has, among the segments that an end may exchange packets with. */
  contested(end: string): AddressSet {
    const sets = [...this.#authorisation.exchanges(end)].flatMap((partner) => this.#endpointSetsOf(partner));
    return intervals.coverage(sets.flatMap((set) => intervals.rangesOf(set))).twice;
  }

  /** The ends with an endpoint at an address of an external: few, so that most pairs need not be asked what they exchange. */
  #endsWithin(external: string): readonly string[] {
    const known = this.#within.get(external);
    if (known !== undefined) return known;
    const addresses = this.#longestMatch(external);
    this.#byEnd ??= indexEndpoints(this.#authorisation.documents);
    const sets = [...this.#byEnd.values()].flat();
    this.#everywhere ??= intervals.coverage(sets.flatMap((set) => intervals.rangesOf(set))).once;
    const overlaps = (end: string): boolean =>
      intervals.intersect(addresses, this.#endpointsOf(end)).length > 0;
    const isApart = intervals.intersect(addresses, this.#everywhere).length === 0;
    const within = isApart ? [] : [...this.#byEnd.keys()].filter(overlaps);
    this.#within.set(external, within);
    return within;
  }

  #longestMatch(name: string): AddressSet {
    const known = this.#externals.get(name);
    if (known !== undefined) return known;
    const { externals } = this.#authorisation.documents;
    const others = [...externals.values()].filter(({ external }) => external !== name);
    const own = longestMatch(
      externals.get(name)?.cidrs ?? [],
      others.flatMap(({ cidrs }) => cidrs),
    );
    this.#externals.set(name, own);
    return own;
  }

  #endpointsOf(end: string): AddressSet {
    const known = this.#endpoints.get(end);
    if (known !== undefined) return known;
    const ranges = this.#endpointSetsOf(end).flatMap((set) => intervals.rangesOf(set));
    const addresses = intervals.coverage(ranges).once;
    this.#endpoints.set(end, addresses);
    return addresses;
  }

  #endpointSetsOf(end: string): AddressSet[] {
    this.#byEnd ??= indexEndpoints(this.#authorisation.documents);
    return this.#byEnd.get(end) ?? [];
  }
}

function indexEndpoints({ endpoints }: Documents): Map<string, AddressSet[]> {
  const index = new Map<string, AddressSet[]>();
  for (const [name, { segment, ips }] of endpoints) {
    pushTo(index, `${name.split('/', 1).join('')}/${segment}`, addressSet(ips));
  }
  return index;
}
