import type { BindingObject } from '../../../../events/overlay-objects.ts';
import { MultiMap } from './multi-map.ts';
import { addressPrefix, type Prefix } from './spelling.ts';

/** Endpoints are spelt `tenant/endpoint`, externals by their bare name. */
export function isEndpoint({ endpoint }: BindingObject): boolean {
  return endpoint.includes('/');
}

/** An address of an endpoint: as its binding has it, and as a switch matches it. */
export interface OwnAddress {
  readonly ip: string;
  readonly prefix: Prefix;
}

/** Bindings are asked for their addresses once for each network that finds them. */
const knownAddresses = new WeakMap<BindingObject, readonly OwnAddress[]>();

/** The own addresses of an endpoint's port. */
export function addressesOf(binding: BindingObject): readonly OwnAddress[] {
  const known = knownAddresses.get(binding) ?? readAddresses(binding);
  knownAddresses.set(binding, known);
  return known;
}

function readAddresses(binding: BindingObject): readonly OwnAddress[] {
  if (!isEndpoint(binding)) return [];
  return binding.ips.flatMap((ip) => {
    const prefix = addressPrefix(ip);
    return prefix === undefined ? [] : [{ ip, prefix }];
  });
}

/** The bindings of a set, by what is asked of them. */
export class BindingIndex {
  readonly #byPlace = new MultiMap<string, BindingObject>();
  readonly #byNetwork = new MultiMap<number, BindingObject>();
  readonly #byHost = new MultiMap<string, BindingObject>();
  /** By address, and then by network. */
  readonly #byAddress = new Map<string, MultiMap<number, BindingObject>>();
  readonly #externals = new MultiMap<number, BindingObject>();
  readonly #carriers = new MultiMap<number, string>();

  add(binding: BindingObject): void {
    this.#byPlace.add(placeKey(binding), binding);
    this.#byNetwork.add(binding.vni, binding);
    this.#byHost.add(binding.host, binding);
    this.#carriers.add(binding.vni, binding.host);
    for (const { ip } of addressesOf(binding)) this.#addAddress(ip, binding);
    if (!isEndpoint(binding)) this.#externals.add(binding.vni, binding);
  }

  remove(binding: BindingObject): void {
    this.#byPlace.remove(placeKey(binding), binding);
    this.#byNetwork.remove(binding.vni, binding);
    this.#byHost.remove(binding.host, binding);
    if (!this.#byPlace.has(placeKey(binding))) this.#carriers.remove(binding.vni, binding.host);
    for (const { ip } of addressesOf(binding)) this.#removeAddress(ip, binding);
    this.#externals.remove(binding.vni, binding);
  }

  /** Those of a network at a host. */
  at(place: { vni: number; host: string }): Iterable<BindingObject> {
    return this.#byPlace.of(placeKey(place));
  }

  ofNetwork(vni: number): Iterable<BindingObject> {
    return this.#byNetwork.of(vni);
  }

  ofHost(host: string): Iterable<BindingObject> {
    return this.#byHost.of(host);
  }

  /** The endpoints that own an address, by network. */
  ofAddress(ip: string): Pick<MultiMap<number, BindingObject>, 'size' | 'keys' | 'of'> {
    return this.#byAddress.get(ip) ?? nobody;
  }

  /** The gateways of externals in a network. */
  externalsOf(vni: number): Iterable<BindingObject> {
    return this.#externals.of(vni);
  }

  /** Whether a network is that of an external with a gateway. */
  isOfExternal(vni: number): boolean {
    return this.#externals.has(vni);
  }

  /** Whether a host carries a network. */
  isCarriedBy(place: { vni: number; host: string }): boolean {
    return this.#byPlace.has(placeKey(place));
  }

  /** The hosts that carry a network. */
  carriersOf(vni: number): Iterable<string> {
    return this.#carriers.of(vni);
  }

  #addAddress(ip: string, binding: BindingObject): void {
    const networks = this.#byAddress.get(ip) ?? new MultiMap<number, BindingObject>();
    this.#byAddress.set(ip, networks);
    networks.add(binding.vni, binding);
  }

  #removeAddress(ip: string, binding: BindingObject): void {
    const networks = this.#byAddress.get(ip);
    networks?.remove(binding.vni, binding);
    if (networks?.size === 0) this.#byAddress.delete(ip);
  }
}

const nobody = new MultiMap<number, BindingObject>();

function placeKey({ vni, host }: { vni: number; host: string }): string {
  return `${String(vni)} ${host}`;
}
