import type { BindingObject } from '../../../../events/overlay-objects.ts';
import type { SetModel } from './model.ts';
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
    return remembered(this.#local, vni, () =>
      Array.from(this.model.bindings.at({ vni, host: this.host })).some(
        (binding) => this.portOf(binding) !== undefined,
      ),
    );
  }

  /** Whether packets of a network may arrive here by a tunnel: some port here is of it, or it has a route to one. */
  isHeard(vni: number): boolean {
    return remembered(
      this.#heard,
      vni,
      () => this.isLocal(vni) || Array.from(this.model.routesFrom.of(vni)).some((to) => this.isLocal(to)),
    );
  }

  /** The networks with a port here. */
  localNetworks(): Set<number> {
    const bindings = Array.from(this.model.bindings.ofHost(this.host));
    return new Set(bindings.map(({ vni }) => vni).filter((vni) => this.isLocal(vni)));
  }

  /** Whether an external of a network has its gateway here, so that its router asks this host for addresses. */
  isGateway(vni: number): boolean {
    return Array.from(this.model.bindings.externalsOf(vni)).some(
      (binding) => this.portOf(binding) !== undefined,
    );
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
}

function remembered(known: Map<number, boolean>, vni: number, find: () => boolean): boolean {
  const before = known.get(vni);
  if (before !== undefined) return before;
  const found = find();
  known.set(vni, found);
  return found;
}
