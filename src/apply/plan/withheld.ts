import { parseCidr, type AddressRange } from '../../../events/address.ts';
import { keyOf, type BindingObject, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { Delta } from '../../overlay/delta.ts';

/** Addresses as a binding has them, and as `except` spells them. */
interface Addresses {
  readonly cidr: string;
  readonly range: AddressRange;
}

/**
 * Keeps the addresses of bindings that are taken away from the externals of a set: packets to them are dropped. Else whoever may send to
 * an external whose prefixes hold such an address would send out there what was meant for somebody within.
 */
export function withheldFromExternals(
  objects: Iterable<OverlayObject>,
  taken: readonly BindingObject[],
): Delta {
  const put: OverlayObject[] = [];
  const removed: string[] = [];
  if (taken.length === 0) return { put, removed };
  const keys = new Set(taken.map(keyOf));
  const addresses = taken.flatMap(({ ips }) => ips).flatMap(addressesOf);
  for (const object of objects) {
    if (object.kind !== 'binding' || object.endpoint.includes('/') || keys.has(keyOf(object))) continue;
    const left = without(object, addresses);
    if (left === undefined) removed.push(keyOf(object));
    else if (left !== object) put.push(left);
  }
  return { put, removed };
}

/** An external's binding without some addresses: itself where it has none of them, undefined where it has no others. */
function without(binding: BindingObject, addresses: readonly Addresses[]): BindingObject | undefined {
  // A prefix of the very length that is left out would count all the same.
  const ips = binding.ips.filter((ip) => addresses.every(({ range }) => !isSame(parseCidr(ip), range)));
  if (ips.length === 0) return undefined;
  const left = { ...binding, ips };
  const more = addresses.filter(({ range }) => has(left, range)).map(({ cidr }) => cidr);
  if (more.length === 0 && ips.length === binding.ips.length) return binding;
  const except = [...new Set([...(binding.except ?? []), ...more])].sort();
  return except.length === 0 ? left : { ...left, except };
}

/** Whether addresses are an external's own: one of its prefixes holds them, and no longer one that it leaves out does. */
function has({ ips, except = [] }: BindingObject, range: AddressRange): boolean {
  const own = leastAround(ips, range);
  const others = leastAround(except, range);
  return own !== undefined && (others === undefined || own <= others);
}

/** How many addresses the longest prefix around others has. */
function leastAround(cidrs: readonly string[], inner: AddressRange): bigint | undefined {
  const sizes = cidrs.map(parseCidr).flatMap((range) => (contains(range, inner) ? [sizeOf(range)] : []));
  return sizes.reduce<bigint | undefined>(
    (least, size) => (least === undefined || size < least ? size : least),
    undefined,
  );
}

function addressesOf(ip: string): Addresses[] {
  const range = parseCidr(ip);
  if (range === undefined) return [];
  return [{ cidr: ip.includes('/') ? ip : `${ip}/${range.family === 4 ? '32' : '128'}`, range }];
}

function contains(outer: AddressRange | undefined, inner: AddressRange): outer is AddressRange {
  return outer?.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

function isSame(one: AddressRange | undefined, other: AddressRange): boolean {
  return contains(one, other) && contains(other, one);
}

function sizeOf({ first, last }: AddressRange): bigint {
  return last - first;
}
