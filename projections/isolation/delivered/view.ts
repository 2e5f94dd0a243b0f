import {
  deniesPair,
  type AclObject,
  type BindingObject,
  type GrantAcl,
  type OverlayObject,
  type QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import { addressSet, longestMatch, type AddressSet } from '../header-sets/addresses.ts';
import { pushTo } from '../authorised/consents.ts';
import { portKey, type Port } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';
import { everything, nothing, trafficOf, unionOf, type Traffic } from '../header-sets/traffic.ts';
import { pairKey } from '../pair.ts';

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

/**
 * A set of objects, indexed, to judge packets as a host with that set does. The meaning of objects is written in
 * events/overlay-objects.ts.
 */
export class View {
  readonly #names = new Map<number, Set<string>>();
  readonly #bindings = new Map<number, BindingObject[]>();
  readonly #ports = new Map<string, BindingObject[]>();
  readonly #carried = new Set<string>();
  readonly #routes = new Map<number, Set<number>>();
  readonly #acls = new Map<string, GrantAcl[]>();
  readonly #denies = new Map<AclObject['side'], QuarantineAcl[]>();
  readonly #tunnels = new Map<string, string>();
  readonly #hostsAt = new Map<string | undefined, string[]>();
  readonly #reach = new Map<number, NetworkReach>();
  readonly #allowed = {
    egress: new Map<number, Map<number, Traffic>>(),
    ingress: new Map<number, Map<number, Traffic>>(),
  };

  constructor(objects: Iterable<OverlayObject>) {
    for (const object of objects) this.#add(object);
  }

  /** The bindings of a port. */
  at(port: Port): readonly BindingObject[] {
    return this.#ports.get(portKey(port)) ?? [];
  }

  /** The segments and externals that a network belongs to. More than one is a fault of the objects. */
  namesOf(vni: number): ReadonlySet<string> {
    return this.#names.get(vni) ?? new Set();
  }

  /** All bindings. */
  bindings(): BindingObject[] {
    return [...this.#bindings.values()].flat();
  }

  /** The tunnel address that packets for a host are sent to. */
  tunnelTo(host: string): string | undefined {
    return this.#tunnels.get(host);
  }

  /** True if packets that come from a tunnel address under a VNI are taken in. */
  accepts(packet: { readonly tunnelIp: string | undefined; readonly vni: number }): boolean {
    const senders = this.#hostsAt.get(packet.tunnelIp) ?? [];
    return senders.some((host) => this.#carried.has(`${host} ${String(packet.vni)}`));
  }

  /**
   * The traffic that the acls of a side let pass from one network to another: denies before grants. Within one
   * network everything passes.
   */
  allowed(side: AclObject['side'], { from, to }: { readonly from: number; readonly to: number }): Traffic {
    if (from === to) return everything;
    const known = this.#allowed[side].get(from) ?? new Map<number, Traffic>();
    const traffic = known.get(to) ?? this.#allowedBetween(side, { from, to });
    this.#allowed[side].set(from, known.set(to, traffic));
    return traffic;
  }

  #allowedBetween(
    side: AclObject['side'],
    { from, to }: { readonly from: number; readonly to: number },
  ): Traffic {
    const parts: Traffic[] = [];
    let denied = false;
    for (const source of this.#names.get(from) ?? []) {
      for (const target of this.#names.get(to) ?? []) {
        const pair = { from: source, to: target };
        if (this.#denied(side, pair)) denied = true;
        parts.push(...(this.#acls.get(`${side} ${pairKey(pair)}`) ?? []).map(trafficOf));
      }
    }
    return parts.length === 0 || denied ? nothing : unionOf(parts);
  }

  /** True if a quarantine acl of that side stands between two ends. */
  #denied(side: AclObject['side'], pair: { readonly from: string; readonly to: string }): boolean {
    return (this.#denies.get(side) ?? []).some((acl) => deniesPair(acl, pair));
  }

  /** The bindings that packets of a network find: its own, and those of the networks that a route leads to. */
  reach(vni: number): NetworkReach {
    const known = this.#reach.get(vni);
    if (known !== undefined) return known;
    const networks = new Set([vni, ...(this.#routes.get(vni) ?? [])]);
    const reach = reachOf([...networks].flatMap((network) => this.#bindings.get(network) ?? []));
    this.#reach.set(vni, reach);
    return reach;
  }

  #add(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        this.#names.set(object.vni, (this.#names.get(object.vni) ?? new Set()).add(object.segment));
        break;
      case 'binding':
        pushTo(this.#bindings, object.vni, object);
        pushTo(this.#ports, portKey(object), object);
        this.#carried.add(`${object.host} ${String(object.vni)}`);
        break;
      case 'route':
        this.#routes.set(object.from, (this.#routes.get(object.from) ?? new Set()).add(object.to));
        break;
      case 'acl':
        if (object.tier === 'quarantine') pushTo(this.#denies, object.side, object);
        else pushTo(this.#acls, `${object.side} ${pairKey(object)}`, object);
        break;
      case 'qos':
        // Rates limit the amount that passes, and do not decide whether a packet may pass.
        break;
      case 'host':
        this.#tunnels.set(object.host, object.tunnelIp);
        pushTo(this.#hostsAt, object.tunnelIp, object.host);
        break;
    }
  }
}

/** True if a binding is an endpoint's; else it is an external's. */
function isEndpoint({ endpoint }: BindingObject): boolean {
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
function reachOf(bindings: readonly BindingObject[]): NetworkReach {
  const own = bindings.filter(isEndpoint).map((binding) => ({ binding, may: addressesOf(binding) }));
  const claims = intervals.coverage(own.flatMap(({ may }) => intervals.rangesOf(may)));
  const found = own.map(({ binding, may }) => foundAt(binding, may, claims.twice));
  const gateways = bindings
    .filter((binding) => !isEndpoint(binding))
    .map((binding) => ({ binding, may: intervals.subtract(addressesOf(binding), claims.once) }));
  const { twice } = intervals.coverage(gateways.flatMap(({ may }) => intervals.rangesOf(may)));
  found.push(...gateways.map(({ binding, may }) => foundAt(binding, may, twice)));
  return indexed(found);
}

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
    if (ranges.some(([first, end]) => end !== first + 1n)) wide.push(one);
    else for (const [first] of ranges) pushTo(single, first, one);
  }
  return { found, byPort, single, wide };
}

/** The bindings of a reach that may get a packet to one of the addresses. */
export function findersOf(reach: NetworkReach, addresses: AddressSet): Iterable<Found> {
  const ranges = intervals.rangesOf(addresses);
  if (ranges.some(([first, end]) => end !== first + 1n)) return reach.found;
  const finders = new Set(reach.wide);
  for (const [first] of ranges) for (const one of reach.single.get(first) ?? []) finders.add(one);
  return finders;
}
