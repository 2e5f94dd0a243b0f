import { parseAddress, parseCidr, type Address, type AddressRange } from '../../../events/address.ts';
import {
  deniesPair,
  type AclObject,
  type BindingObject,
  type GrantAcl,
  type HostObject,
  type OverlayObject,
  type QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import type { Packet } from '../port.ts';

/**
 * Judges packets as one host does, by its objects and by nothing else: the sender, the place of the destination, the
 * acls. The meaning of the objects is written in events/overlay-objects.ts.
 */
export class HostView {
  readonly host: string;
  readonly #bindings: BindingObject[] = [];
  readonly #grants: GrantAcl[] = [];
  readonly #quarantines: QuarantineAcl[] = [];
  readonly #hosts: HostObject[] = [];
  readonly #routes = new Map<number, Set<number>>();
  readonly #segments = new Map<number, Set<string>>();

  constructor(host: string, objects: Iterable<OverlayObject>) {
    this.host = host;
    for (const object of objects) this.#add(object);
  }

  #add(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        addTo(this.#segments, { key: object.vni, value: object.segment });
        return;
      case 'binding':
        this.#bindings.push(object);
        return;
      case 'route':
        addTo(this.#routes, { key: object.from, value: object.to });
        return;
      case 'acl':
        if (object.tier === 'quarantine') this.#quarantines.push(object);
        else this.#grants.push(object);
        return;
      case 'qos':
        // Rates limit the amount that passes, and do not decide whether a packet may pass.
        return;
      case 'host':
        this.#hosts.push(object);
        return;
    }
  }

  /** The port of this host that carries an endpoint or an external. */
  portOf(endpoint: string): BindingObject | undefined {
    return this.#bindings.find((binding) => binding.endpoint === endpoint && binding.host === this.host);
  }

  /**
   * The binding at which a network finds an address: an endpoint's first, else that of the external with the longest
   * prefix.
   */
  destination(vni: number, text: string): BindingObject | undefined {
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    const reachable = this.#bindings.filter(
      (binding) => binding.vni === vni || this.#routes.get(vni)?.has(binding.vni) === true,
    );
    return (
      reachable.find((binding) => isEndpoint(binding) && binding.ips.includes(text)) ??
      reachable.find((binding) => !isEndpoint(binding) && ownsPrefix(binding, address))
    );
  }

  /** The quarantine acl that cuts two networks from each other at this end; it stands before every grant. */
  denies(side: AclObject['side'], flow: { from: number; to: number }): QuarantineAcl | undefined {
    const sources = [...(this.#segments.get(flow.from) ?? [])];
    const targets = [...(this.#segments.get(flow.to) ?? [])];
    return this.#quarantines.find(
      (acl) =>
        acl.side === side && sources.some((from) => targets.some((to) => deniesPair(acl, { from, to }))),
    );
  }

  /** The acl that lets a new connection pass between two networks at this end. */
  allows(side: AclObject['side'], flow: { from: number; to: number; packet: Packet }): GrantAcl | undefined {
    return this.#grants.find(
      (acl) =>
        acl.side === side &&
        this.#segments.get(flow.from)?.has(acl.from) === true &&
        this.#segments.get(flow.to)?.has(acl.to) === true &&
        coversPacket(acl, flow.packet),
    );
  }

  /**
   * Whether packets of a network are taken in with a source address by one that they come to. Those of an external's network are
   * only where that one finds the address there: else it would take them for somebody else's.
   */
  believes(source: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
    const isExternals = this.#bindings.some((binding) => binding.vni === from && !isEndpoint(binding));
    return !isExternals || this.destination(to, source)?.vni === from;
  }

  /** The tunnel address of a host, as this host knows it. */
  tunnelOf(host: string): string | undefined {
    return this.#hosts.find((known) => known.host === host)?.tunnelIp;
  }

  /**
   * True if a packet of a network is accepted from a tunnel address: a host of that address must carry the network.
   */
  accepts(vni: number, tunnelIp: string): boolean {
    const senders = this.#hosts.filter((known) => known.tunnelIp === tunnelIp).map(({ host }) => host);
    return this.#bindings.some((binding) => binding.vni === vni && senders.includes(binding.host));
  }
}

/** Port security: the source address must be one of the port's own. */
export function mayUseSource(port: BindingObject, source: string): boolean {
  const address = parseAddress(source);
  if (address === undefined) return false;
  return isEndpoint(port) ? port.ips.includes(source) : ownsPrefix(port, address);
}

function addTo<Value>(map: Map<number, Set<Value>>, { key, value }: { key: number; value: Value }): void {
  map.set(key, (map.get(key) ?? new Set<Value>()).add(value));
}

/** Endpoints are spelt `tenant/endpoint`, externals by their bare name. */
function isEndpoint(binding: BindingObject): boolean {
  return binding.endpoint.includes('/');
}

function ownsPrefix(binding: BindingObject, address: Address): boolean {
  const own = longestPrefix(binding.ips, address);
  return own >= 0 && own >= longestPrefix(binding.except ?? [], address);
}

/** The length of the longest prefix that contains the address; -1 if none does. */
function longestPrefix(prefixes: readonly string[], address: Address): number {
  return Math.max(-1, ...prefixes.filter((prefix) => holds(prefix, address)).map(prefixLength));
}

function prefixLength(prefix: string): number {
  const [, length] = prefix.split('/');
  return length === undefined ? 128 : Number(length);
}

function holds(prefix: string, { family, value }: Address): boolean {
  const range: AddressRange | undefined = parseCidr(prefix);
  return range?.family === family && range.first <= value && value <= range.last;
}

function coversPacket(acl: GrantAcl, packet: Packet): boolean {
  if (acl.protocol === 'any') return true;
  if (acl.protocol !== packet.protocol) return false;
  const { ports } = acl;
  const port = packet.dstPort;
  return (
    ports === undefined ||
    (port !== undefined && ports.some(([first, last]) => first <= port && port <= last))
  );
}
