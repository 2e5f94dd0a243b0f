import {
  deniesPair,
  type AclObject,
  type BindingObject,
  type GrantAcl,
  type OverlayObject,
  type QuarantineAcl,
} from '../../events/overlay-objects.ts';
import { pushTo } from '../../projections/isolation/authorised/consents.ts';
import { portKey } from '../../projections/isolation/documents/document-fold.ts';
import {
  everything,
  nothing,
  trafficOf,
  unionOf,
  type Traffic,
} from '../../projections/isolation/header-sets/traffic.ts';
import {
  reachOf,
  type FoundAddresses,
  type NetworkReach,
} from '../../projections/isolation/objects/reach.ts';
import { coverage, rangesOf } from '../../projections/isolation/header-sets/intervals.ts';
import type { View } from '../../projections/isolation/objects/view.ts';
import { pairKey } from '../../projections/isolation/pair.ts';

/** A set of objects, indexed by itself, whole, with nothing of any other set. */
export class WholeSet implements View {
  readonly #names = new Map<number, Set<string>>();
  readonly #bindings = new Map<number, BindingObject[]>();
  readonly #ports = new Map<string, BindingObject[]>();
  readonly #carried = new Set<string>();
  readonly #routes = new Map<number, Set<number>>();
  readonly #acls = new Map<string, GrantAcl[]>();
  readonly #denies = new Map<AclObject['side'], QuarantineAcl[]>();
  readonly #tunnels = new Map<string, string>();
  readonly #hostsAt = new Map<string, string[]>();
  readonly #reach = new Map<number, NetworkReach>();
  readonly #allowed = {
    egress: new Map<number, Map<number, Traffic>>(),
    ingress: new Map<number, Map<number, Traffic>>(),
  };

  constructor(objects: Iterable<OverlayObject>) {
    for (const object of objects) this.#add(object);
  }

  /** The bindings of a port, by its portKey. */
  at(port: string): readonly BindingObject[] {
    return this.#ports.get(port) ?? [];
  }

  /** The segments and externals that a network belongs to. More than one is a fault of the objects. */
  namesOf(vni: number): readonly string[] {
    return [...(this.#names.get(vni) ?? [])];
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
  accepts(packet: { readonly tunnelIp: string; readonly vni: number }): boolean {
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

  /** Nothing is asked of packets of endpoints' networks; those of an external's come from where it is found. */
  reversePath({ from, to }: { readonly from: number; readonly to: number }): FoundAddresses | undefined {
    const isExternals = (this.#bindings.get(from) ?? []).some(({ endpoint }) => !endpoint.includes('/'));
    if (!isExternals) return undefined;
    const found = this.reach(to).found.filter(({ binding }) => binding.vni === from);
    return {
      may: coverage(found.flatMap(({ may }) => rangesOf(may))).once,
      must: coverage(found.flatMap(({ must }) => rangesOf(must))).once,
    };
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
