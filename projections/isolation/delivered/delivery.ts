import type { BindingObject } from '../../../events/overlay-objects.ts';
import type { AddressSet } from '../header-sets/addresses.ts';
import { byFamily, common, type Box } from '../header-sets/boxes.ts';
import type { Documents, Port } from '../documents/document-fold.ts';
import type { HeldSets } from '../hosts/host-plans.ts';
import * as intervals from '../header-sets/intervals.ts';
import { intersect, isNothing, nothing, union, type Traffic } from '../header-sets/traffic.ts';
import { addressesOf, findersOf, type Found, type FoundAddresses } from '../objects/reach.ts';
import type { View } from '../objects/view.ts';

/** The packets from one port to another that open a connection and get through the overlay. */
export interface Delivered {
  /** Packets that some state of the two hosts lets through. */
  readonly may: readonly Box[];
  /** Packets that every state of the two hosts lets through. */
  readonly must: readonly Box[];
  /**
   * Traffic that acls and routes of some state allow, also if the two have no addresses of one family to use it with.
   */
  readonly allowed: Traffic;
}

/** A port, and its portKey. */
interface KeyedPort extends Port {
  readonly key: string;
}

/** Two ports, and a set of objects that each of their hosts may hold. */
interface Crossing {
  readonly from: KeyedPort;
  readonly to: KeyedPort;
  readonly source: View;
  readonly target: View;
}

/**
 * Destination addresses that one binding at the source leads to, and the traffic that may open connections to them.
 */
interface Path {
  readonly may: AddressSet;
  readonly must: AddressSet;
  readonly traffic: Traffic;
}

/** A set of objects that a host may hold. `isFormer`: by a shard that it was retired from, while it is in use in another. */
interface HostState {
  readonly view: View;
  readonly isFormer: boolean;
}

const nobody: ReadonlySet<string> = new Set();

/**
 * D(u, v) of the definitions, from the sets of objects that hosts may hold. A host is in one state at a time, so two
 * ports of one host are judged by the same set; two hosts may be in any combination of their states.
 */
export class Delivery {
  readonly #documents: Documents;
  readonly #hosts: HeldSets;
  #all: readonly View[] | undefined;
  readonly #viewsOf = new Map<string, readonly View[]>();
  readonly #states = new Map<string, readonly HostState[]>();
  /** By tunnel address, the hosts that have it; and by host its tunnel addresses, of which a retired one may have another. */
  readonly #hostsAt = new Map<string, Set<string>>();
  readonly #tunnelIpsOf = new Map<string, Set<string>>();
  readonly #ofExternals = new Map<number, boolean>();

  constructor(documents: Documents, hosts: HeldSets) {
    this.#documents = documents;
    this.#hosts = hosts;
    for (const { host, tunnelIp } of [...documents.hosts.values(), ...documents.formerHosts.values()]) {
      this.#hostsAt.set(tunnelIp, (this.#hostsAt.get(tunnelIp) ?? new Set()).add(host));
      this.#tunnelIpsOf.set(host, (this.#tunnelIpsOf.get(host) ?? new Set()).add(tunnelIp));
    }
  }

  /** True if some host may take packets of a network for an external's. */
  isOfExternals(vni: number): boolean {
    const known = this.#ofExternals.get(vni);
    if (known !== undefined) return known;
    const isOfExternals = this.#hosts.isOfExternals(vni);
    this.#ofExternals.set(vni, isOfExternals);
    return isOfExternals;
  }

  /** The sets that a host may hold, indexed. */
  viewsOf(host: string): readonly View[] {
    const known = this.#viewsOf.get(host);
    if (known !== undefined) return known;
    const views = this.#statesAt(host).map(({ view }) => view);
    this.#viewsOf.set(host, views);
    return views;
  }

  #statesAt(host: string): readonly HostState[] {
    const known = this.#states.get(host);
    if (known !== undefined) return known;
    const states = this.#hosts
      .setsOf(host)
      .map((ref) => ({ view: this.#hosts.viewOf(ref), isFormer: ref.former === true }));
    this.#states.set(host, states);
    return states;
  }

  /** Every set that some host may hold. */
  views(): readonly View[] {
    this.#all ??= [...new Set([...this.#documents.hosts.keys()].flatMap((host) => this.viewsOf(host)))];
    return this.#all;
  }

  /** The packets that may and must be delivered from port to port. */
  between({ from, to }: { readonly from: KeyedPort; readonly to: KeyedPort }): Delivered {
    const may: Box[] = [];
    let allowed = nothing;
    let must: readonly Box[] | undefined;
    for (const one of this.#statesAt(from.host)) {
      for (const other of from.host === to.host ? [one] : this.#statesAt(to.host)) {
        const paths = this.#paths({ from, to, source: one.view, target: other.view });
        may.push(...paths.may);
        allowed = union(allowed, paths.allowed);
        if (one.isFormer || other.isFormer) continue;
        must = must === undefined ? paths.must : common(must, paths.must);
      }
    }
    return { may, must: must ?? [], allowed };
  }

  #paths(crossing: Crossing): Delivered {
    const bindings = crossing.source.at(crossing.from.key);
    const may: Box[] = [];
    const must: Box[] = [];
    let allowed = nothing;
    for (const binding of bindings) {
      for (const arrived of crossing.target.reach(binding.vni).byPort.get(crossing.to.key) ?? []) {
        const src = sourcesTo(arrived, binding, crossing.target);
        if (src.may.length === 0) continue;
        for (const path of this.#pathsTo(arrived, binding.vni, crossing)) {
          const { traffic } = path;
          const boxes = byFamily({ src: src.may, dst: path.may, traffic });
          may.push(...boxes);
          if (path.may.length > 0) allowed = union(allowed, traffic);
          // A port with two networks sends in one of them, and the objects do not say in which.
          if (bindings.length > 1) continue;
          const isSure = path.must === path.may && src.must === src.may;
          must.push(...(isSure ? boxes : byFamily({ src: src.must, dst: path.must, traffic })));
        }
      }
    }
    return { may, must, allowed };
  }

  /** The paths of packets of the network `vni` to `arrived`, which the target's set finds. */
  #pathsTo(arrived: Found, vni: number, { from, to, source, target }: Crossing): readonly Path[] {
    const ingress = target.allowed('ingress', { from: vni, to: arrived.binding.vni });
    if (isNothing(ingress)) return [];
    const paths: Path[] = [];
    if (from.host === to.host) {
      const egress = source.allowed('egress', { from: vni, to: arrived.binding.vni });
      paths.push({ may: arrived.may, must: arrived.must, traffic: intersect(egress, ingress) });
    }
    /* v8 ignore next -- @preserve a host that holds a set has a tunnel address there; without one nothing leaves it */
    const tunnelIps = this.#tunnelIpsOf.get(from.host) ?? new Set();
    if (!tunnelIps.values().some((tunnelIp) => target.accepts({ tunnelIp, vni }))) return paths;
    for (const found of findersOf(source.reach(vni), arrived.may)) {
      if (found.binding.host === from.host) continue;
      const hosts = this.#hostsBehind(source, found.binding.host);
      if (!hosts.has(to.host)) continue;
      const egress = source.allowed('egress', { from: vni, to: found.binding.vni });
      const may = intervals.intersect(found.may, arrived.may);
      const isSure = found.must === found.may && arrived.must === arrived.may;
      const both = isSure ? may : intervals.intersect(found.must, arrived.must);
      const must = hosts.size > 1 ? [] : both;
      paths.push({ may, must, traffic: intersect(egress, ingress) });
    }
    return paths;
  }

  /** The hosts that really have the tunnel address by which a set of objects knows a host. */
  #hostsBehind(view: View, host: string): ReadonlySet<string> {
    return this.#hostsAt.get(view.tunnelTo(host) ?? '') ?? nobody;
  }
}

/** The source addresses of a sender with which its packets are let in to a binding that they have come to. */
export function sourcesTo(arrived: Found, sender: BindingObject, target: View): FoundAddresses {
  const own = addressesOf(sender);
  const found = target.reversePath({ from: sender.vni, to: arrived.binding.vni });
  if (found === undefined) return { may: own, must: own };
  const may = intervals.intersect(own, found.may);
  return { may, must: found.must === found.may ? may : intervals.intersect(own, found.must) };
}
