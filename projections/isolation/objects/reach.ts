import type { BindingObject } from '../../../events/overlay-objects.ts';
import { addressSet, longestMatch, type AddressSet, type AddressSpan } from '../header-sets/addresses.ts';
import { pushTo } from '../authorised/consents.ts';
import { portKey } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';

/** Addresses by which something may be found, also if another one claims them too, and those by which it must be. */
export interface FoundAddresses {
  readonly may: AddressSet;
  readonly must: AddressSet;
}

/** A binding that packets from some network find, and the destination addresses by which they find it. */
export interface Found extends FoundAddresses {
  readonly binding: BindingObject;
}

/** The bindings that packets of one network find. */
export interface NetworkReach {
  readonly found: readonly Found[];
  readonly byPort: ReadonlyMap<string, readonly Found[]>;
  /** By address, the bindings that are found at single addresses only. `wide` are all others. */
  readonly single: ReadonlyMap<bigint, readonly Found[]>;
  readonly wide: readonly Found[];
  /** The addresses by which bindings in a network are found. */
  addressesIn(vni: number): FoundAddresses;
}

/** True if a binding is an endpoint's; else it is an external's. */
export function isEndpoint({ endpoint }: BindingObject): boolean {
  return endpoint.includes('/');
}

/** An object never changes once it is given out, and each is asked about by many others. */
const addresses = new WeakMap<BindingObject, AddressSet>();

/** The addresses of a binding: port security lets it use these, and packets to them are for it. */
export function addressesOf(binding: BindingObject): AddressSet {
  const known = addresses.get(binding);
  if (known !== undefined) return known;
  const own = isEndpoint(binding) ? addressSet(binding.ips) : longestMatch(binding.ips, binding.except ?? []);
  addresses.set(binding, own);
  return own;
}

/** Endpoints come before externals. If two endpoints, or two externals, claim an address, either may get it. */
export function reachOf(bindings: readonly BindingObject[]): NetworkReach {
  return bindings.length === 0 ? nowhere : new BindingsReach(bindings);
}

/** What is asked of some networks only is worked out when it is asked. */
class BindingsReach implements NetworkReach {
  readonly found: readonly Found[];
  readonly byPort = new Map<string, Found[]>();
  #byAddress: ByAddress | undefined;
  readonly #byNetwork = new Map<number, FoundAddresses>();

  constructor(bindings: readonly BindingObject[]) {
    const claims = new Claims(bindings);
    const found: Found[] = [];
    for (const binding of bindings) if (isEndpoint(binding)) found.push(new FoundBinding(binding, claims));
    if (found.length < bindings.length)
      for (const binding of bindings) if (!isEndpoint(binding)) found.push(new FoundBinding(binding, claims));
    for (const one of found) pushTo(this.byPort, portKey(one.binding), one);
    this.found = found;
  }

  get single(): ByAddress['single'] {
    return this.#indexed().single;
  }

  get wide(): readonly Found[] {
    return this.#indexed().wide;
  }

  addressesIn(vni: number): FoundAddresses {
    const known = this.#byNetwork.get(vni);
    if (known !== undefined) return known;
    const addresses = unionOf(this.found.filter(({ binding }) => binding.vni === vni));
    this.#byNetwork.set(vni, addresses);
    return addresses;
  }

  #indexed(): ByAddress {
    this.#byAddress ??= byAddress(this.found);
    return this.#byAddress;
  }
}

class FoundBinding implements Found {
  readonly binding: BindingObject;
  readonly #claims: Claims;
  #may: AddressSet | undefined;
  #must: AddressSet | undefined;

  constructor(binding: BindingObject, claims: Claims) {
    this.binding = binding;
    this.#claims = claims;
  }

  get may(): AddressSet {
    this.#may ??= this.#claims.mayGoTo(this.binding);
    return this.#may;
  }

  get must(): AddressSet {
    this.#must ??= without(this.may, this.#claims.contestedWith(this.binding));
    return this.#must;
  }
}

/** The addresses that the bindings of one reach claim. */
class Claims {
  readonly #bindings: readonly BindingObject[];
  #endpoints: Coverage | undefined;
  #externals: Coverage | undefined;

  constructor(bindings: readonly BindingObject[]) {
    this.#bindings = bindings;
  }

  mayGoTo(binding: BindingObject): AddressSet {
    const own = addressesOf(binding);
    return isEndpoint(binding) ? own : intervals.subtract(own, this.#ofEndpoints().once);
  }

  contestedWith(binding: BindingObject): AddressSet {
    return (isEndpoint(binding) ? this.#ofEndpoints() : this.#ofExternals()).twice;
  }

  #ofEndpoints(): Coverage {
    this.#endpoints ??= this.#coverage(isEndpoint);
    return this.#endpoints;
  }

  #ofExternals(): Coverage {
    this.#externals ??= this.#coverage((binding) => !isEndpoint(binding));
    return this.#externals;
  }

  #coverage(isOf: (binding: BindingObject) => boolean): Coverage {
    const sets = this.#bindings.filter(isOf).map((binding) => this.mayGoTo(binding));
    return intervals.coverage(sets.flatMap((set) => intervals.rangesOf(set)));
  }
}

type Coverage = Record<'once' | 'twice', AddressSet>;
type ByAddress = Pick<NetworkReach, 'single' | 'wide'>;

const nothing: FoundAddresses = { may: [], must: [] };
const nowhere: NetworkReach = {
  found: [],
  byPort: new Map(),
  single: new Map(),
  wide: [],
  addressesIn: () => nothing,
};

function unionOf(found: readonly FoundAddresses[]): FoundAddresses {
  return found.reduce(
    (one, other) => ({
      may: intervals.union(one.may, other.may),
      must: intervals.union(one.must, other.must),
    }),
    nothing,
  );
}

function without(may: AddressSet, contested: AddressSet): AddressSet {
  return contested.length === 0 ? may : intervals.subtract(may, contested);
}

function byAddress(found: readonly Found[]): ByAddress {
  const single = new Map<bigint, Found[]>();
  const wide: Found[] = [];
  for (const one of found) {
    const ranges = intervals.rangesOf(one.may);
    if (!areSingle(ranges)) wide.push(one);
    else for (const [first] of ranges) pushTo(single, first, one);
  }
  return { single, wide };
}

/** True if every range is of one address. */
function areSingle(ranges: readonly AddressSpan[]): boolean {
  return ranges.every(([first, end]) => end === first + 1n);
}

/** The bindings of a reach that may get a packet to one of the addresses. */
export function findersOf(reach: NetworkReach, addresses: AddressSet): Iterable<Found> {
  const ranges = intervals.rangesOf(addresses);
  if (!areSingle(ranges)) return reach.found;
  const found = [...reach.wide];
  for (const [first] of ranges) found.push(...(reach.single.get(first) ?? []));
  return ranges.length === 1 ? found : new Set(found);
}
