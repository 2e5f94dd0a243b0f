import {
  deniesPair,
  type AclObject,
  type BindingObject,
  type GrantAcl,
  type OverlayObject,
  type QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import { pushTo } from '../../../projections/isolation/authorised/consents.ts';
import { portKey } from '../../../projections/isolation/documents/document-fold.ts';
import type { Seat } from '../../../projections/isolation/judging/seats.ts';
import {
  intersect,
  isNothing,
  trafficOf,
  unionOf,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import type { Side } from '../origins.ts';
import { listWords } from '../../words/lists.ts';
import { includes } from './readings.ts';

/** The question to a set of objects: one direction of a pair, as the host at one of its ends sees it. */
export interface Want {
  readonly pair: Pair;
  readonly side: Side;
  readonly part: Traffic;
  /** Ports on the host itself; ports at the other end; by host of the other end, its tunnel address. */
  readonly own: readonly Seat[];
  readonly peers: readonly Seat[];
  readonly tunnels: ReadonlyMap<string, string>;
}

/** Looks through a set of overlay objects for those that one connection needs. */
export class ObjectLookup {
  readonly #grants = new Map<string, GrantAcl[]>();
  readonly #denies: QuarantineAcl[] = [];
  readonly #vnis = new Map<string, number[]>();
  readonly #routes = new Set<string>();
  readonly #bindings = new Map<string, BindingObject>();
  readonly #tunnels = new Map<string, string>();

  constructor(objects: Iterable<OverlayObject>) {
    for (const object of objects) this.#add(object);
  }

  /** The acls of a side that bear on the pair and the traffic. */
  acls({ pair, side, part }: Pick<Want, 'pair' | 'side' | 'part'>): AclObject[] {
    const grants = this.grants(pair, side).filter((acl) => !isNothing(intersect(trafficOf(acl), part)));
    return [...this.#denies.filter((acl) => acl.side === side && deniesPair(acl, pair)), ...grants];
  }

  grants(pair: Pair, side: Side): readonly GrantAcl[] {
    return this.#grants.get(`${side} ${pairKey(pair)}`) ?? [];
  }

  /** In words, the objects that the connection lacks at the host, or that stand in its way. Empty if it can pass. */
  lacks(want: Want): string[] {
    return [...this.#lackedAcl(want), ...this.#lackedWay(want), ...this.#lackedPorts(want)];
  }

  /** True if the acls let some of the traffic pass. */
  lets({ pair, side, part }: Pick<Want, 'pair' | 'side' | 'part'>): boolean {
    const acls = this.acls({ pair, side, part });
    return acls.length > 0 && acls.every(({ action }) => action === 'allow');
  }

  #lackedAcl({ pair, side, part }: Want): string[] {
    if (pair.from === pair.to) return [];
    const acls = this.acls({ pair, side, part });
    if (acls.some(({ action }) => action === 'deny')) return ['that the quarantine be lifted'];
    const allowed = unionOf(acls.filter((acl) => acl.tier === 'grant').map(trafficOf));
    return includes(allowed, part) ? [] : [`the ${side} rule`];
  }

  #lackedWay({ pair: { from, to } }: Want): string[] {
    const [sources, targets] = [this.#vnis.get(from) ?? [], this.#vnis.get(to) ?? []];
    if (sources.length === 0) return [`the network of ${from}`];
    if (targets.length === 0) return [`the network of ${to}`];
    const joined = sources.some((source) =>
      targets.some((target) => source === target || this.#routes.has(pairKey({ from: source, to: target }))),
    );
    return joined ? [] : ['the route between the two networks'];
  }

  #lackedPorts({ own, peers, tunnels }: Want): string[] {
    const unbound = own.filter((seat) => !this.#isBound(seat)).map(({ occupant }) => occupant.name);
    const unknown = peers.filter((seat) => !this.#isBound(seat)).map(({ occupant }) => occupant.name);
    const far = [...tunnels].filter(([host, address]) => this.#tunnels.get(host) !== address);
    return [
      ...(unbound.length === 0 ? [] : [`the port of ${listWords(unbound, 3)}`]),
      ...(unknown.length === 0 ? [] : [`the address of ${listWords(unknown, 3)}`]),
      ...(far.length === 0 ? [] : [`the tunnel to ${listWords(far.map(([host]) => host))}`]),
    ];
  }

  #isBound(seat: Seat): boolean {
    const binding = this.#bindings.get(seat.occupant.name);
    return binding !== undefined && portKey(binding) === seat.key;
  }

  #add(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        pushTo(this.#vnis, object.segment, object.vni);
        break;
      case 'binding':
        this.#bindings.set(object.endpoint, object);
        break;
      case 'route':
        this.#routes.add(pairKey(object));
        break;
      case 'acl':
        if (object.tier === 'quarantine') this.#denies.push(object);
        else pushTo(this.#grants, `${object.side} ${pairKey(object)}`, object);
        break;
      case 'host':
        this.#tunnels.set(object.host, object.tunnelIp);
        break;
      case 'qos':
        // Rates limit the amount that passes, and do not decide whether a packet may pass.
        break;
    }
  }
}
