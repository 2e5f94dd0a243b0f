import type { BindingObject } from '../../../events/overlay-objects.ts';
import { addressSet, longestMatch, type AddressSet, type AddressSpan } from '../header-sets/addresses.ts';
import { pushTo } from '../authorised/consents.ts';
import { portKey } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';

/** A binding that packets from some network find, and the destination addresses by which they find it. */
export interface Found {
  readonly binding: BindingObject;
  /** Addresses at which packets may be delivered to it: all its own, also if another endpoint claims them too. */
  readonly may: AddressSet;
  /** Addresses at which packets must be delivered to it: those that it alone has. */
  readonly must: AddressSet;
}

/** The bindings that packets of one network find. */
export interface NetworkReach {
  readonly found: readonly Found[];
  readonly byPort: ReadonlyMap<string, readonly Found[]>;
  /** By address, the bindings that are found at single addresses only. `wide` are all others. */
  readonly single: ReadonlyMap<bigint, readonly Found[]>;
  readonly wide: readonly Found[];
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
  if (bindings.length === 0) return nowhere;
  const own = bindings.filter(isEndpoint);
  const claims = intervals.coverage(own.flatMap((binding) => intervals.rangesOf(addressesOf(binding))));
  const found = own.map((binding) => foundAt(binding, addressesOf(binding), claims.twice));
  if (own.length === bindings.length) return indexed(found);
  const gateways = bindings
    .filter((binding) => !isEndpoint(binding))
    .map((binding) => ({ binding, may: intervals.subtract(addressesOf(binding), claims.once) }));
  const { twice } = intervals.coverage(gateways.flatMap(({ may }) => intervals.rangesOf(may)));
  found.push(...gateways.map(({ binding, may }) => foundAt(binding, may, twice)));
  return indexed(found);
}

const nowhere = indexed([]);

function foundAt(binding: BindingObject, may: AddressSet, contested: AddressSet): Found {
  return { binding, may, must: contested.length === 0 ? may : intervals.subtract(may, contested) };
}

function indexed(found: readonly Found[]): NetworkReach {
  const byPort = new Map<string, Found[]>();
  const single = new Map<bigint, Found[]>();
  const wide: Found[] = [];
  for (const one of found) {
    pushTo(byPort, portKey(one.binding), one);
    const ranges = intervals.rangesOf(one.may);
    if (!areSingle(ranges)) wide.push(one);
    else for (const [first] of ranges) pushTo(single, first, one);
  }
  return { found, byPort, single, wide };
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
