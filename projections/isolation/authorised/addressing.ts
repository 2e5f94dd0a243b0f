import type { Endpoint } from '../../../events/estate.ts';
import { addressSet, longestMatch, type AddressSet } from '../header-sets/addresses.ts';
import type { Authorisation } from './authorisation.ts';
import { PairMap, type Pair } from '../pair.ts';
import type { Box } from '../header-sets/boxes.ts';
import type { Documents, Occupant } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import * as intervals from '../header-sets/intervals.ts';

/** The owners of addresses, by the documents of one instant and by what they authorise. */
export class Addressing {
  readonly #authorisation: Authorisation;
  readonly #externals = new Map<string, AddressSet>();
  readonly #endpoints = new Map<string, AddressSet>();
  readonly #seen = new PairMap<AddressSet>();
  readonly #within = new Map<string, Set<string>>();
  /** By end, and by name of its endpoints. */
  #byEnd: Map<string, Map<string, AddressSet>> | undefined;
  /** The addresses of all endpoints. */
  #everywhere: AddressSet | undefined;

  constructor(authorisation: Authorisation) {
    this.#authorisation = authorisation;
  }

  /** Goes on to other documents, or to another instant with its authorisation. The documents are changed already. */
  moveTo(before: DocumentsBefore | undefined): void {
    this.#seen.clear();
    if (before === undefined) return;
    if (before.externals.size > 0) {
      this.#externals.clear();
      this.#within.clear();
    }
    if (before.endpoints.size === 0) return;
    this.#everywhere = undefined;
    const { endpoints } = this.#authorisation.documents;
    for (const [name, endpoint] of before.endpoints) {
      const after = endpoints.get(name);
      const gone = endpoint === undefined ? undefined : endOf(name, endpoint);
      const come = after === undefined ? undefined : endOf(name, after);
      if (gone !== undefined) this.#byEnd?.get(gone)?.delete(name);
      if (after !== undefined && this.#byEnd !== undefined) putEndpoint(this.#byEnd, name, after);
      for (const end of [gone, come]) if (end !== undefined) this.#endpoints.delete(end);
      for (const end of [gone, come]) if (end !== undefined) this.#lookWithin(end);
    }
  }

  /**
   * The packets that are authorised from one occupant to another: from addresses that each end sees as the one's, to addresses that
   * it sees as the other's. An endpoint's are its own, whoever looks.
   */
  authorised(from: Occupant, to: Occupant): Box {
    const pair = { from: from.end, to: to.end };
    return {
      src: this.seenFrom(to.end, from),
      dst: this.seenFrom(from.end, to),
      traffic: this.#authorisation.between(pair),
    };
  }

  /** The addresses of an occupant, as an end sees them. */
  seenFrom(end: string, occupant: Occupant): AddressSet {
    return occupant.kind === 'external' ? this.external({ from: end, to: occupant.end }) : this.own(occupant);
  }

  /** True only if every end sees an occupant at all of its own addresses. */
  isSeenWhole({ kind, end }: Occupant): boolean {
    return kind === 'endpoint' || this.#endsWithin(end).size === 0;
  }

  /** The addresses of an endpoint; those of an external without the longer prefixes of others. */
  own({ kind, name, ips }: Occupant): AddressSet {
    return kind === 'external' ? this.ownOfExternal(name) : setOf(ips);
  }

  /**
   * An external as an end sees it: the addresses for which no other external has a longer prefix, without the
   * addresses of endpoints that the end may exchange packets with.
   */
  external(pair: Pair): AddressSet {
    const known = this.#seen.get(pair);
    if (known !== undefined) return known;
    let seen = this.ownOfExternal(pair.to);
    const within = this.#endsWithin(pair.to);
    if (within.size > 0) {
      const exchanged = this.#authorisation.exchanges(pair.from);
      for (const end of within)
        if (exchanged.has(end)) seen = intervals.subtract(seen, this.#endpointsOf(end));
    }
    this.#seen.set(pair, seen);
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
  #endsWithin(external: string): ReadonlySet<string> {
    const known = this.#within.get(external);
    if (known !== undefined) return known;
    const isApart = intervals.intersect(this.ownOfExternal(external), this.#ofEndpoints).length === 0;
    const within = new Set(
      isApart ? [] : [...this.#indexed.keys()].filter((end) => this.#overlaps(external, end)),
    );
    this.#within.set(external, within);
    return within;
  }

  /** Looks anew whether an end has addresses of externals. */
  #lookWithin(end: string): void {
    for (const [external, within] of this.#within) {
      if (this.#overlaps(external, end)) within.add(end);
      else within.delete(end);
    }
  }

  #overlaps(external: string, end: string): boolean {
    return intervals.intersect(this.ownOfExternal(external), this.#endpointsOf(end)).length > 0;
  }

  /** The addresses for which an external has the longest prefix. */
  ownOfExternal(name: string): AddressSet {
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
    return [...(this.#indexed.get(end)?.values() ?? [])];
  }

  get #ofEndpoints(): AddressSet {
    if (this.#everywhere !== undefined) return this.#everywhere;
    const sets = [...this.#indexed.values()].flatMap((endpoints) => [...endpoints.values()]);
    this.#everywhere = intervals.coverage(sets.flatMap((set) => intervals.rangesOf(set))).once;
    return this.#everywhere;
  }

  get #indexed(): Map<string, Map<string, AddressSet>> {
    this.#byEnd ??= indexEndpoints(this.#authorisation.documents);
    return this.#byEnd;
  }
}

/** A document never changes once it is given out, and its addresses are asked for at every instant that is judged. */
const sets = new WeakMap<readonly string[], AddressSet>();

function setOf(ips: readonly string[]): AddressSet {
  const known = sets.get(ips);
  if (known !== undefined) return known;
  const addresses = addressSet(ips);
  sets.set(ips, addresses);
  return addresses;
}

function indexEndpoints({ endpoints }: Documents): Map<string, Map<string, AddressSet>> {
  const index = new Map<string, Map<string, AddressSet>>();
  for (const [name, endpoint] of endpoints) putEndpoint(index, name, endpoint);
  return index;
}

function putEndpoint(index: Map<string, Map<string, AddressSet>>, name: string, endpoint: Endpoint): void {
  const end = endOf(name, endpoint);
  index.set(end, (index.get(end) ?? new Map<string, AddressSet>()).set(name, setOf(endpoint.ips)));
}

/** The segment of an endpoint with the name `tenant/endpoint`. */
export function endOf(name: string, { segment }: Endpoint): string {
  return `${name.split('/', 1).join('')}/${segment}`;
}
