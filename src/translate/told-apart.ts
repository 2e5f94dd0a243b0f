import { holderOf } from '../../events/names.ts';
import {
  keyOf,
  type BindingObject,
  type GrantAcl,
  type HostObject,
  type NetworkObject,
  type OverlayObject,
  type QuarantineAcl,
} from '../../events/overlay-objects.ts';
import { Relation } from '../../projections/fold/relation.ts';
import { grantKey } from '../../projections/intended/grants.ts';
import { endName, grantName, type Contributed } from './contributions.ts';

/** A set that a translation came to, told apart by who contributed what. */
export interface ToldApart {
  readonly objects: ReadonlyMap<string, Contributed>;
  /** Those of ends and grants. */
  readonly contributions: ReadonlyMap<string, readonly OverlayObject[]>;
  /** By end, its grants, spelt `from to`. */
  readonly grants: Relation<string>;
  /** By tenant or external, its ends. */
  readonly ends: Relation<string>;
}

/**
 * Tells from the objects alone who contributed them, which costs a fraction of a translation: ends and grants are named by
 * their networks and acls, and VNIs lead to the rest. `isOwnHost` is true for hosts of the shard itself. Undefined for a set
 * that no translation comes to.
 */
export function tellApart(
  objects: ReadonlyMap<string, OverlayObject>,
  isOwnHost: (host: string) => boolean,
): ToldApart | undefined {
  const telling = new Telling(objects);
  const contributed = new Map<string, Contributed>();
  for (const [key, object] of objects) {
    const contributors = telling.take(object);
    if (contributors === 0) return undefined;
    contributed.set(key, { object, contributors });
  }
  for (const object of telling.hosts) {
    const contributors = telling.takeHost(object) + (isOwnHost(object.host) ? 1 : 0);
    if (contributors === 0) return undefined;
    contributed.set(keyOf(object), { object, contributors });
  }
  const { contributions, grants, ends } = telling;
  return { objects: contributed, contributions, grants, ends };
}

class Telling {
  readonly contributions = new Map<string, OverlayObject[]>();
  readonly grants = new Relation<string>();
  readonly ends = new Relation<string>();
  /** Left for last, when it is known which ends are on them. */
  readonly hosts: HostObject[] = [];
  readonly #objects: ReadonlyMap<string, OverlayObject>;
  readonly #endsByVni = new Map<number, string>();
  /** By host, the ends with a binding there. */
  readonly #carried = new Map<string, Set<string>>();

  constructor(objects: ReadonlyMap<string, OverlayObject>) {
    this.#objects = objects;
    for (const object of objects.values()) {
      if (object.kind === 'network') this.#endsByVni.set(object.vni, object.segment);
      else if (object.kind === 'acl' && object.tier === 'grant') this.#takeGrant(object);
    }
  }

  /** Takes an object, and returns the number of its contributors. */
  take(object: OverlayObject): number {
    switch (object.kind) {
      case 'route':
        return this.#takeRoute(object);
      case 'host':
        this.hosts.push(object);
        return 1;
      case 'acl':
        return object.tier === 'grant' ? 1 : this.#takeOfEnd(quarantinedBy(object), object);
      case 'network':
        return this.#takeNetwork(object);
      case 'binding':
        return this.#takeBinding(object);
      case 'qos':
        return this.#takeOfEnd(this.#endOfEndpoint(object.endpoint), object);
    }
  }

  /** Takes a host for each end that is on it, and returns how many these are. */
  takeHost(object: HostObject): number {
    const ends = this.#carried.get(object.host) ?? [];
    for (const end of ends) give(this.contributions, endName(end), object);
    return [...ends].length;
  }

  #takeGrant(object: GrantAcl): void {
    const pair = grantKey(object);
    give(this.contributions, grantName(pair), object);
    this.grants.add(object.from, pair);
    this.grants.add(object.to, pair);
  }

  /** A route belongs to the grants of both directions. */
  #takeRoute(object: OverlayObject & { kind: 'route' }): number {
    const [one, other] = [this.#endsByVni.get(object.from), this.#endsByVni.get(object.to)];
    const pairs = [`${one ?? ''} ${other ?? ''}`, `${other ?? ''} ${one ?? ''}`];
    const grants = pairs.map(grantName).filter((grant) => this.contributions.has(grant));
    for (const grant of grants) give(this.contributions, grant, object);
    return grants.length;
  }

  #takeNetwork(object: NetworkObject): number {
    if (this.#endsByVni.get(object.vni) !== object.segment) return 0;
    this.ends.add(holderOf(object.segment), object.segment);
    return this.#takeOfEnd(object.segment, object);
  }

  #takeBinding(object: BindingObject): number {
    const end = this.#endsByVni.get(object.vni);
    if (end !== undefined) {
      const carried = this.#carried.get(object.host);
      if (carried === undefined) this.#carried.set(object.host, new Set([end]));
      else carried.add(end);
    }
    return this.#takeOfEnd(end, object);
  }

  #takeOfEnd(end: string | undefined, object: OverlayObject): number {
    if (end === undefined) return 0;
    give(this.contributions, endName(end), object);
    return 1;
  }

  #endOfEndpoint(endpoint: string): string | undefined {
    const binding = this.#objects.get(`binding/${endpoint}`);
    return binding?.kind === 'binding' ? this.#endsByVni.get(binding.vni) : undefined;
  }
}

function quarantinedBy({ from, to }: QuarantineAcl): string {
  return from === '*' ? to : from;
}

function give(contributions: Map<string, OverlayObject[]>, contributor: string, object: OverlayObject): void {
  const given = contributions.get(contributor);
  if (given === undefined) contributions.set(contributor, [object]);
  else given.push(object);
}
