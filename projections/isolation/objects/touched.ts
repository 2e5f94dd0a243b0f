import type { AclObject, BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import { portKey } from '../documents/document-fold.ts';
import * as intervals from '../header-sets/intervals.ts';
import type { Neighbours } from './neighbours.ts';
import { addressesOf, isEndpoint } from './reach.ts';
import type { ObjectTables } from './tables.ts';

/**
 * What the step from one plan to the next may change: the packets from a port of one network to a port of another (or of the
 * same), whatever set the other one's host holds. It may name too much, and never too little. A port is in every network that some
 * kept set of some shard binds it to.
 */
export interface TouchedPairs {
  /** By source network, the target networks. */
  readonly pairs: ReadonlyMap<number, ReadonlySet<number>>;
  /** Tunnel addresses that came, went, or went to another host: packets from and to every port of the hosts that have one. */
  readonly tunnelIps: ReadonlySet<string>;
}

/** The step that is looked at: the tables of its shard, and its plan. */
interface PlanStep {
  readonly plan: number;
  readonly tables: ObjectTables;
  readonly neighbours: Neighbours;
}

/** What a step touches by objects that came or went with it. */
export function touchedBy(objects: Iterable<OverlayObject>, step: PlanStep): TouchedPairs {
  const touching = new Touching(step);
  for (const object of objects) touching.take(object);
  return touching;
}

class Touching implements TouchedPairs {
  readonly pairs = new Map<number, Set<number>>();
  readonly tunnelIps = new Set<string>();
  readonly #step: PlanStep;
  /** By source network, the target networks between which another traffic was looked at: many acls are between the same two. */
  readonly #otherTraffic = new Map<number, Set<number>>();

  constructor(step: PlanStep) {
    this.#step = step;
  }

  take(object: OverlayObject): void {
    const { neighbours } = this.#step;
    switch (object.kind) {
      case 'network':
        this.#addFrom(object.vni);
        this.#addTo(object.vni);
        break;
      case 'binding':
        this.#takeBinding(object);
        break;
      case 'route':
        this.#addRivals(object.from, neighbours.bindingsIn(object.to));
        break;
      case 'acl':
        this.#takeAcl(object);
        break;
      case 'qos':
        break;
      case 'host':
        this.tunnelIps.add(object.tunnelIp);
        break;
    }
  }

  #takeBinding(binding: BindingObject): void {
    const { neighbours } = this.#step;
    // A port with two networks is not sure to send in either.
    for (const vni of neighbours.networksOf(portKey(binding))) this.#addFrom(vni);
    for (const source of neighbours.sourcesOf(binding.vni)) this.#addRivals(source, [binding]);
  }

  /** If the names of networks change by the same step, these touch all that they may meet. */
  #takeAcl({ from, to }: AclObject): void {
    const { neighbours } = this.#step;
    if (from === '*' && to === '*') for (const vni of neighbours.sources()) this.#addFrom(vni);
    else if (from === '*') for (const vni of this.#networksOf(to)) this.#addTo(vni);
    else if (to === '*') for (const vni of this.#networksOf(from)) this.#addFrom(vni);
    else
      for (const source of this.#networksOf(from))
        for (const target of this.#networksOf(to)) this.#addTraffic(source, target);
  }

  #networksOf(end: string): number[] {
    const { plan, tables } = this.#step;
    return tables.bySegment.at(end, plan).map(({ vni }) => vni);
  }

  #addFrom(vni: number): void {
    for (const target of this.#step.neighbours.targetsOf(vni)) this.#add(vni, target);
  }

  #addTo(vni: number): void {
    for (const source of this.#step.neighbours.sourcesOf(vni)) this.#addTraffic(source, vni);
  }

  /**
   * From one network to another, with another traffic. The source's host asks by the network that it knows an address in,
   * and sends to the host that has it there; that one may know the address in a network of its own sets.
   */
  #addTraffic(source: number, target: number): void {
    if (has(this.#otherTraffic, source, target)) return;
    add(this.#otherTraffic, source, target);
    const { neighbours } = this.#step;
    const sentTo = neighbours.bindingsIn(target);
    this.#add(source, target);
    for (const binding of neighbours.foundFrom(source)) {
      if (has(this.pairs, source, binding.vni)) continue;
      if (sentTo.some((sent) => overlap(sent, binding) && neighbours.isBehind(sent.host, binding.host)))
        this.#add(source, binding.vni);
    }
  }

  /**
   * From a network to bindings that came or went, and to all who may be found instead of them. An endpoint is a rival to
   * everybody with an address of it. An external is one to externals; but packets may come to a host by way of any external
   * there, and then be an endpoint's. To the network itself, from externals with an address of these: it may take their packets in
   * only as long as it finds them there.
   */
  #addRivals(source: number, bindings: readonly BindingObject[]): void {
    const { neighbours } = this.#step;
    const found = neighbours.foundFrom(source);
    const externals = found.filter((binding) => !isEndpoint(binding));
    for (const other of found) {
      const rivals = bindings.filter((binding) => overlap(binding, other));
      const meets =
        rivals.some(isEndpoint) ||
        (rivals.length > 0 &&
          (!isEndpoint(other) || externals.some(({ host }) => neighbours.isBehind(host, other.host))));
      if (meets) this.#add(source, other.vni);
      if (rivals.length > 0 && neighbours.isOfExternals(other.vni)) this.#add(other.vni, source);
    }
  }

  #add(source: number, target: number): void {
    add(this.pairs, source, target);
  }
}

function add(pairs: Map<number, Set<number>>, source: number, target: number): void {
  pairs.set(source, (pairs.get(source) ?? new Set()).add(target));
}

function has(pairs: TouchedPairs['pairs'], source: number, target: number): boolean {
  return pairs.get(source)?.has(target) === true;
}

function overlap(one: BindingObject, other: BindingObject): boolean {
  return intervals.intersect(addressesOf(one), addressesOf(other)).length > 0;
}
