import type { AclObject, BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import { longestMatch } from './addresses.ts';
import { everything, nothing, trafficOf, union, type Traffic } from './traffic.ts';

/**
 * What one host makes of packets by the objects that it holds, read off their written meaning
 * (events/overlay-objects.ts). A second account: it shares no code with the drivers, the translator or the verifier.
 */
export class View {
  readonly #objects: readonly OverlayObject[];
  readonly #bindings: readonly BindingObject[];
  readonly #near = new Map<number, readonly BindingObject[]>();
  readonly #found = new Map<string, readonly BindingObject[]>();
  readonly #judged = new Map<string, Traffic>();

  constructor(objects: readonly OverlayObject[]) {
    this.#objects = objects;
    this.#bindings = objects.filter((object) => object.kind === 'binding');
  }

  /** The ports of a host, as this set of objects has them. */
  portsOf(host: string): readonly BindingObject[] {
    return this.#bindings.filter((binding) => binding.host === host);
  }

  /** Every address or prefix of any binding, those too that are not its own. */
  addresses(): string[] {
    return this.#bindings.flatMap(({ ips, except = [] }) => [...ips, ...except]);
  }

  /** The bindings that an address leads to, seen from a network: endpoints, else externals. More than one is doubt. */
  lookUp(vni: number, address: string): readonly BindingObject[] {
    const key = `${String(vni)} ${address}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const near = this.#nearOf(vni).filter((binding) => owns(binding, address));
    const endpoints = near.filter(isEndpoint);
    const found = endpoints.length > 0 ? endpoints : near;
    this.#found.set(key, found);
    return found;
  }

  /**
   * Whether a network takes it that a packet of another one comes from its source address. Of endpoints' networks it always does:
   * their ports were asked. Of an external's it does where a packet to that address would go there.
   */
  believes(source: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
    const sendsForMany = this.#bindings.some((binding) => binding.vni === from && !isEndpoint(binding));
    return !sendsForMany || this.lookUp(to, source).some(({ vni }) => vni === from);
  }

  /** What passes at one side from one network to another. */
  passes(side: AclObject['side'], from: number, to: number): Traffic {
    if (from === to) return everything;
    const key = `${side} ${String(from)} ${String(to)}`;
    const known = this.#judged.get(key);
    if (known !== undefined) return known;
    const traffic = this.#judge(side, this.#namesOf(from), this.#namesOf(to));
    this.#judged.set(key, traffic);
    return traffic;
  }

  /** Whose network it is. */
  nameOf(vni: number): string {
    return this.#namesOf(vni).join(' and ');
  }

  /** The tunnel addresses under which a host is known here. */
  tunnelsOf(host: string): string[] {
    return this.#objects.flatMap((object) =>
      object.kind === 'host' && object.host === host ? [object.tunnelIp] : [],
    );
  }

  /** Whether packets of a network are taken in from a tunnel address. */
  takesIn(vni: number, tunnelIp: string): boolean {
    const senders = this.#objects.flatMap((object) =>
      object.kind === 'host' && object.tunnelIp === tunnelIp ? [object.host] : [],
    );
    return this.#bindings.some((binding) => binding.vni === vni && senders.includes(binding.host));
  }

  #nearOf(vni: number): readonly BindingObject[] {
    const known = this.#near.get(vni);
    if (known !== undefined) return known;
    const networks = new Set([vni]);
    for (const object of this.#objects)
      if (object.kind === 'route' && object.from === vni) networks.add(object.to);
    const near = this.#bindings.filter((binding) => networks.has(binding.vni));
    this.#near.set(vni, near);
    return near;
  }

  #namesOf(vni: number): string[] {
    return this.#objects.flatMap((object) =>
      object.kind === 'network' && object.vni === vni ? [object.segment] : [],
    );
  }

  #judge(side: AclObject['side'], sources: readonly string[], targets: readonly string[]): Traffic {
    let traffic = nothing;
    for (const acl of this.#objects) {
      if (acl.kind !== 'acl' || acl.side !== side) continue;
      if (acl.tier === 'quarantine') {
        if (sources.some((from) => targets.some((to) => isCut(acl, from, to)))) return nothing;
      } else if (sources.includes(acl.from) && targets.includes(acl.to)) {
        traffic = union(traffic, trafficOf(acl.protocol, acl.ports));
      }
    }
    return traffic;
  }
}

/** Whether an address is a binding's own: one of an endpoint's, or in an external's prefixes and in no longer exception. */
export function owns(binding: BindingObject, address: string): boolean {
  if (isEndpoint(binding)) return binding.ips.includes(address);
  const own = longestMatch(binding.ips, address);
  return own >= 0 && own >= longestMatch(binding.except ?? [], address);
}

function isEndpoint({ endpoint }: BindingObject): boolean {
  return endpoint.includes('/');
}

/** A quarantine acl names one end, and means everyone else at the other; unless `wholly`, but for the own tenant. */
function isCut(
  acl: { from: string; to: string; wholly?: true | undefined },
  from: string,
  to: string,
): boolean {
  if (from === to) return false;
  if (acl.from !== '*' && acl.from !== from) return false;
  if (acl.to !== '*' && acl.to !== to) return false;
  return acl.wholly === true || !from.includes('/') || holderOf(from) !== holderOf(to);
}

/** The tenant of a segment; an external itself. */
export function holderOf(end: string): string {
  return end.split('/', 1).join('');
}
