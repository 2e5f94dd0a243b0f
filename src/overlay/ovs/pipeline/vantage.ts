import type { BindingObject } from '../../../../events/overlay-objects.ts';
import type { SetModel } from './model.ts';
import { portSetId } from './port-set.ts';
import { tunnelField, type TunnelEnd, type TunnelField } from './spelling.ts';
import type { PortWiring, Wiring } from './wiring.ts';

/** A host, and how its ports are wired. */
export interface HostWiring {
  readonly host: string;
  readonly wiring: Wiring;
}

/** A local port that is wired, and has the MAC address without which nothing can be sent to it. */
export interface LocalPort {
  readonly binding: BindingObject;
  readonly mac: string;
  readonly wiring: PortWiring;
}

/** A set of objects as one host looks at it. It holds as long as the set is not changed. */
export class Vantage {
  readonly model: SetModel;
  readonly host: string;
  readonly #wiring: Wiring;
  readonly #local = new Map<number, boolean>();
  readonly #heard = new Map<number, boolean>();
  readonly #tunnels = {
    src: new Map<string, TunnelField | undefined>(),
    dst: new Map<string, TunnelField | undefined>(),
  };
  readonly #portSetIds = new Map<string, string>();

  constructor(model: SetModel, { host, wiring }: HostWiring) {
    this.model = model;
    this.host = host;
    this.#wiring = wiring;
  }

  /** The port of a binding, undefined if it is another host's, not wired or without a MAC address. */
  portOf(binding: BindingObject): LocalPort | undefined {
    if (binding.host !== this.host || binding.mac === undefined) return undefined;
    const wiring = this.#wiring.portOf(binding.endpoint);
    return wiring === undefined ? undefined : { binding, mac: binding.mac, wiring };
  }

  /** Whether a network has a port here. */
  isLocal(vni: number): boolean {
    return (
      this.#local.get(vni) ??
      noted(this.#local, vni, this.#hasPort(this.model.bindings.at({ vni, host: this.host })))
    );
  }

  /** Whether packets of a network may arrive here by a tunnel: some port here is of it, or it has a route to one. */
  isHeard(vni: number): boolean {
    return this.#heard.get(vni) ?? noted(this.#heard, vni, this.isLocal(vni) || this.#leadsHere(vni));
  }

  /** The networks with a port here. */
  localNetworks(): Set<number> {
    const bindings = Array.from(this.model.bindings.ofHost(this.host));
    return new Set(bindings.map(({ vni }) => vni).filter((vni) => this.isLocal(vni)));
  }

  /** Whether an external of a network has its gateway here, so that its router asks this host for addresses. */
  isGateway(vni: number): boolean {
    return this.#hasPort(this.model.bindings.externalsOf(vni));
  }

  /** The networks that find the addresses of a network: itself, and those with a route to it. */
  *sourcesOf(vni: number): Generator<number> {
    yield vni;
    for (const from of this.model.routesTo.of(vni)) if (from !== vni) yield from;
  }

  /** The networks whose addresses a network finds: its own, and those to which it has a route. */
  *reachOf(vni: number): Generator<number> {
    yield vni;
    for (const to of this.model.routesFrom.of(vni)) if (to !== vni) yield to;
  }

  reaches(from: number, to: number): boolean {
    return from === to || this.model.routesFrom.has(from, to);
  }

  /** An address of the underlay as flows name it, undefined if the text is none. Few hosts are asked for often. */
  tunnelField(ip: string, end: TunnelEnd): TunnelField | undefined {
    return this.#tunnels[end].get(ip) ?? noted(this.#tunnels[end], ip, tunnelField(ip, end));
  }

  /** The number by which flows name a port set. Many pairs have one set. */
  portSetId(portSet: string): string {
    return this.#portSetIds.get(portSet) ?? noted(this.#portSetIds, portSet, portSetId(portSet));
  }

  #hasPort(bindings: Iterable<BindingObject>): boolean {
    for (const binding of bindings) if (this.portOf(binding) !== undefined) return true;
    return false;
  }

  #leadsHere(vni: number): boolean {
    for (const to of this.model.routesFrom.of(vni)) if (this.isLocal(to)) return true;
    return false;
  }
}

function noted<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  known.set(key, value);
  return value;
}
