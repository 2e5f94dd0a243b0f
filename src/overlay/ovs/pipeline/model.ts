import {
  deniesPair,
  keyOf,
  type BindingObject,
  type GrantAcl,
  type HostObject,
  type OverlayObject,
  type QosObject,
  type QuarantineAcl,
} from '../../../../events/overlay-objects.ts';
import type { Delta } from '../../delta.ts';
import { BindingIndex, isEndpoint } from './binding-index.ts';
import { GrantIndex, sides, type AclSide } from './grant-index.ts';
import { MultiMap } from './multi-map.ts';
import { portSetText } from './port-set.ts';

/** A pair of networks in the direction in which a connection is opened, as one side of a grant sees it. */
export interface NetworkPair {
  readonly side: AclSide;
  readonly from: number;
  readonly to: number;
}

/**
 * What a shard's set of objects means, looked up from every side. Objects come and go one by one, each at the cost of what
 * it names. Every answer is about the set as it is, not about how it came to be.
 */
export class SetModel {
  readonly bindings = new BindingIndex();
  /** By number the ends that have a network of it; several for a while, where a number is given anew. */
  readonly segments = new MultiMap<number, string>();
  /** By end its networks; two for a while, where a segment moves to another shard. */
  readonly networks = new MultiMap<string, number>();
  readonly routesFrom = new MultiMap<number, number>();
  readonly routesTo = new MultiMap<number, number>();
  /** By network those of externals to which it has a route. */
  readonly externalsFrom = new MultiMap<number, number>();
  /** Quarantine acls by the end or `*` that they name as source, and as destination. */
  readonly cutsFrom = new MultiMap<string, QuarantineAcl>();
  readonly cutsTo = new MultiMap<string, QuarantineAcl>();
  /** Those that name `*` twice. */
  readonly cutsOfAll = new Set<QuarantineAcl>();
  readonly hostsByTunnel = new MultiMap<string, HostObject>();
  readonly #objects = new Map<string, OverlayObject>();
  readonly #grants = new GrantIndex();
  /** By port set, the networks that judge by it: for how many pairs each. */
  readonly #portSets = new Map<string, Map<number, number>>();

  static of(objects: Iterable<OverlayObject>): SetModel {
    const model = new SetModel();
    model.#fill(objects);
    return model;
  }

  /** Takes in a whole set: then each pair is counted once, and not again for each object that names it. */
  #fill(objects: Iterable<OverlayObject>): void {
    for (const object of objects) {
      const key = keyOf(object);
      const former = this.#objects.get(key);
      if (former !== undefined) this.#drop(former);
      this.#objects.set(key, object);
      this.#add(object);
    }
    for (const vni of this.segments.keys()) for (const pair of this.pairsOf(vni)) this.#count(pair, 1);
  }

  /** The object of a key, undefined if the set has none. */
  get(key: string): OverlayObject | undefined {
    return this.#objects.get(key);
  }

  host(name: string): HostObject | undefined {
    const object = this.#objects.get(`host/${name}`);
    return object?.kind === 'host' ? object : undefined;
  }

  qos(endpoint: string): QosObject | undefined {
    const object = this.#objects.get(`qos/${endpoint}`);
    return object?.kind === 'qos' ? object : undefined;
  }

  /** Takes an object in, in place of the one with its key. */
  put(object: OverlayObject): void {
    this.remove(keyOf(object));
    this.#objects.set(keyOf(object), object);
    this.#countPortSets(object, () => {
      this.#add(object);
    });
  }

  /** Takes an object out. There may be none. */
  remove(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    this.#countPortSets(object, () => {
      this.#drop(object);
    });
  }

  /** Makes a step: takes out what it removes, and puts the rest. Returns the step that leads back. */
  follow({ removed, put }: Delta): Delta {
    const keys = new Set([...removed, ...put.map(keyOf)]);
    const former = Array.from(keys, (key) => [key, this.get(key)] as const);
    for (const key of removed) this.remove(key);
    for (const object of put) this.put(object);
    return {
      removed: former.filter(([, object]) => object === undefined).map(([key]) => key),
      put: former.map(([, object]) => object).filter((object) => object !== undefined),
    };
  }

  /** What the grants of a pair of networks allow together: portSetText. */
  portSetOf(pair: NetworkPair): string {
    return portSetText(this.grantsOf(pair));
  }

  /** The grants of a pair of networks, by id. */
  grantsOf({ side, from, to }: NetworkPair): GrantAcl[] {
    const found: GrantAcl[] = [];
    // Within one network no grant is asked.
    if (from === to) return found;
    for (const source of this.segments.of(from)) {
      for (const target of this.segments.of(to))
        found.push(...this.#grants.of({ side, from: source, to: target }));
    }
    return found.length < 2 ? found : found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The networks that judge pairs by a port set: at the sending side its source, at the receiving side its destination. */
  judgesBy(portSet: string): ReadonlyMap<number, number> {
    return this.#portSets.get(portSet) ?? new Map<number, number>();
  }

  /** The pairs of a network for which there are grants, judged at its own side. */
  *pairsOf(vni: number): Generator<NetworkPair> {
    yield* this.#pairsAt(vni, 'egress');
    yield* this.#pairsAt(vni, 'ingress');
  }

  /**
   * What quarantine says of packets between two networks at one side: nothing; that they are cut; or that they are exempt,
   * since what names them leaves them alone.
   */
  quarantineOf({ side, from, to }: NetworkPair): 'cut' | 'exempt' | undefined {
    let isNamed = false;
    for (const source of this.segments.of(from)) {
      for (const target of this.segments.of(to)) {
        for (const acl of this.#cutsNaming(source, target)) {
          if (acl.side !== side) continue;
          if (deniesPair(acl, { from: source, to: target })) return 'cut';
          isNamed = true;
        }
      }
    }
    return isNamed ? 'exempt' : undefined;
  }

  *#cutsNaming(source: string, target: string): Generator<QuarantineAcl> {
    for (const acl of this.cutsFrom.of(source)) if (acl.to === '*' || acl.to === target) yield acl;
    for (const acl of this.cutsTo.of(target)) if (acl.from === '*') yield acl;
    yield* this.cutsOfAll;
  }

  #add(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        this.segments.add(object.vni, object.segment);
        this.networks.add(object.segment, object.vni);
        return;
      case 'binding':
        this.bindings.add(object);
        this.#reachExternal(object);
        return;
      case 'route':
        this.routesFrom.add(object.from, object.to);
        this.routesTo.add(object.to, object.from);
        if (this.bindings.isOfExternal(object.to)) this.externalsFrom.add(object.from, object.to);
        return;
      case 'acl':
        if (object.tier === 'grant') {
          this.#grants.add(object);
          return;
        }
        this.cutsFrom.add(object.from, object);
        this.cutsTo.add(object.to, object);
        if (object.from === '*' && object.to === '*') this.cutsOfAll.add(object);
        return;
      case 'qos':
        return;
      case 'host':
        this.hostsByTunnel.add(object.tunnelIp, object);
        return;
    }
  }

  #drop(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        this.segments.remove(object.vni, object.segment);
        this.networks.remove(object.segment, object.vni);
        return;
      case 'binding':
        this.bindings.remove(object);
        this.#reachExternal(object);
        return;
      case 'route':
        this.routesFrom.remove(object.from, object.to);
        this.routesTo.remove(object.to, object.from);
        this.externalsFrom.remove(object.from, object.to);
        return;
      case 'acl':
        if (object.tier === 'grant') {
          this.#grants.remove(object);
          return;
        }
        this.cutsFrom.remove(object.from, object);
        this.cutsTo.remove(object.to, object);
        this.cutsOfAll.delete(object);
        return;
      case 'qos':
        return;
      case 'host':
        this.hostsByTunnel.remove(object.tunnelIp, object);
        return;
    }
  }

  /** An external's gateway that came or went: its network is found as one of an external, or no longer. */
  #reachExternal(binding: BindingObject): void {
    if (isEndpoint(binding)) return;
    const isOfExternal = this.bindings.isOfExternal(binding.vni);
    for (const from of this.routesTo.of(binding.vni))
      if (isOfExternal) this.externalsFrom.add(from, binding.vni);
      else this.externalsFrom.remove(from, binding.vni);
  }

  /** Makes a change, and keeps count of the port sets of the pairs that it concerns. */
  #countPortSets(object: OverlayObject, change: () => void): void {
    for (const pair of this.pairsNaming(object)) this.#count(pair, -1);
    change();
    for (const pair of this.pairsNaming(object)) this.#count(pair, 1);
  }

  #count(pair: NetworkPair, step: 1 | -1): void {
    const portSet = this.portSetOf(pair);
    if (portSet === '') return;
    const judge = pair.side === 'egress' ? pair.from : pair.to;
    const judges = this.#portSets.get(portSet) ?? new Map<number, number>();
    const count = (judges.get(judge) ?? 0) + step;
    if (count === 0) judges.delete(judge);
    else judges.set(judge, count);
    if (judges.size === 0) this.#portSets.delete(portSet);
    else this.#portSets.set(portSet, judges);
  }

  /** The pairs of networks whose grants an object can change; each once. */
  *pairsNaming(object: OverlayObject): Generator<NetworkPair> {
    if (object.kind === 'network') yield* this.#pairsOfNetwork(object.vni);
    if (object.kind !== 'acl' || object.tier !== 'grant') return;
    for (const from of this.networks.of(object.from)) {
      for (const to of this.networks.of(object.to)) yield { side: object.side, from, to };
    }
  }

  *#pairsOfNetwork(vni: number): Generator<NetworkPair> {
    for (const side of sides) {
      for (const to of this.#networksOf(vni, (end) => this.#grants.targetsOf(side, end)))
        yield { side, from: vni, to };
      for (const from of this.#networksOf(vni, (end) => this.#grants.sourcesOf(side, end)))
        yield { side, from, to: vni };
    }
  }

  *#pairsAt(vni: number, side: AclSide): Generator<NetworkPair> {
    if (side === 'egress')
      for (const to of this.#networksOf(vni, (end) => this.#grants.targetsOf(side, end)))
        yield { side, from: vni, to };
    else
      for (const from of this.#networksOf(vni, (end) => this.#grants.sourcesOf(side, end)))
        yield { side, from, to: vni };
  }

  #networksOf(vni: number, peersOf: (end: string) => Iterable<string>): Set<number> {
    const found = new Set<number>();
    for (const end of this.segments.of(vni)) {
      for (const peer of peersOf(end)) for (const network of this.networks.of(peer)) found.add(network);
    }
    return found;
  }
}
