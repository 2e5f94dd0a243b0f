import { holderOf } from '../../events/names.ts';
import { keyOf, type GrantAcl, type OverlayObject } from '../../events/overlay-objects.ts';
import type { Related } from '../../projections/fold/relation.ts';
import { grantKey } from '../../projections/intended/grants.ts';
import { CountedObjects, type Contributing } from './contributions.ts';

/** What can be told of the contributors of a set. */
export interface ToldApart {
  readonly contributed: Contributing;
  /** By end, its grants, spelt `from to`. */
  readonly grants: Related<string>;
  /** By tenant or external, its ends. */
  readonly ends: Related<string>;
}

/**
 * Tells of a set that a translation came to who contributed what, from the objects alone: ends and grants are named by their
 * networks and acls, and VNIs lead to the rest. One pass over the objects finds these, at a small part of what a translation
 * costs; the rest is worked out for those that somebody asks about. `isOwnHost` is true for hosts of the shard itself.
 * Undefined where two ends have one VNI, or an end has two.
 */
export function tellApart(
  objects: ReadonlyMap<string, OverlayObject>,
  isOwnHost: (host: string) => boolean,
): ToldApart | undefined {
  const index = indexOf(objects);
  if (index.networks !== index.ends.size || index.networks !== index.vnis.size) return undefined;
  const telling = new Telling(objects, { index, isOwnHost });
  const segments = new Map<string, string[]>();
  for (const end of index.vnis.keys()) push(segments, holderOf(end), end);
  return {
    contributed: {
      objects: new CountedObjects(objects, (object) => telling.contributorsOf(object)),
      contributedBy: (contributor) => telling.contributedBy(contributor),
    },
    grants: related((end) => telling.grantsOf(end)),
    ends: related((holder) => new Set(segments.get(holder))),
  };
}

/** What one pass over a set finds. */
interface OnePass {
  networks: number;
  /** By VNI, its end, and the other way round. */
  readonly ends: Map<number, string>;
  readonly vnis: Map<string, number>;
  /** By end, the acls of its grants and of its quarantine. */
  readonly acls: Map<string, GrantAcl[]>;
  readonly cuts: Map<string, OverlayObject[]>;
  /** By VNI, the endpoints with a port in it, and their hosts. */
  readonly ports: Map<number, { readonly endpoint: string; readonly host: string }[]>;
}

function indexOf(objects: ReadonlyMap<string, OverlayObject>): OnePass {
  const index: OnePass = {
    networks: 0,
    ends: new Map(),
    vnis: new Map(),
    acls: new Map(),
    cuts: new Map(),
    ports: new Map(),
  };
  for (const object of objects.values()) {
    if (object.kind === 'network') {
      index.networks += 1;
      index.ends.set(object.vni, object.segment);
      index.vnis.set(object.segment, object.vni);
    } else if (object.kind === 'binding') push(index.ports, object.vni, object);
    else if (object.kind === 'acl' && object.tier === 'quarantine')
      push(index.cuts, object.from === '*' ? object.to : object.from, object);
    else if (object.kind === 'acl') {
      push(index.acls, object.from, object);
      push(index.acls, object.to, object);
    }
  }
  return index;
}

class Telling {
  readonly #objects: ReadonlyMap<string, OverlayObject>;
  readonly #index: OnePass;
  readonly #isOwnHost: (host: string) => boolean;
  readonly #grants = new Map<string, ReadonlySet<string>>();
  /** By host, the number of ends with a port there. Undefined until it is first asked for. */
  #carried: ReadonlyMap<string, number> | undefined;

  constructor(
    objects: ReadonlyMap<string, OverlayObject>,
    { index, isOwnHost }: { index: OnePass; isOwnHost: (host: string) => boolean },
  ) {
    this.#objects = objects;
    this.#index = index;
    this.#isOwnHost = isOwnHost;
  }

  /** The grants of an end, spelt `from to`. */
  grantsOf(end: string): ReadonlySet<string> {
    const known = this.#grants.get(end);
    if (known !== undefined) return known;
    const grants = new Set(this.#index.acls.get(end)?.map(grantKey));
    this.#grants.set(end, grants);
    return grants;
  }

  /** The objects of a contributor, by the name that endName or grantName gives it. */
  contributedBy(contributor: string): OverlayObject[] {
    const [, one = '', other] = contributor.split(' ');
    return other === undefined ? this.#ofEnd(one) : this.#ofGrant({ from: one, to: other });
  }

  contributorsOf(object: OverlayObject): number {
    if (object.kind === 'host')
      return (this.#hosts.get(object.host) ?? 0) + (this.#isOwnHost(object.host) ? 1 : 0);
    if (object.kind !== 'route') return 1;
    const [from = '', to = ''] = [this.#index.ends.get(object.from), this.#index.ends.get(object.to)];
    const pairs = [grantKey({ from, to }), grantKey({ from: to, to: from })];
    return pairs.filter((pair) => this.grantsOf(from).has(pair)).length;
  }

  get #hosts(): ReadonlyMap<string, number> {
    if (this.#carried !== undefined) return this.#carried;
    const carried = new Map<string, number>();
    for (const ports of this.#index.ports.values())
      for (const host of hostsOf(ports)) carried.set(host, (carried.get(host) ?? 0) + 1);
    this.#carried = carried;
    return carried;
  }

  #ofEnd(end: string): OverlayObject[] {
    const vni = this.#index.vnis.get(end);
    if (vni === undefined) return [];
    const ports = this.#index.ports.get(vni) ?? [];
    const keys = [
      keyOf({ kind: 'network', vni, segment: end }),
      ...ports.flatMap(({ endpoint }) => [`binding/${endpoint}`, keyOf({ kind: 'qos', endpoint })]),
      ...Array.from(hostsOf(ports), (host) => `host/${host}`),
    ];
    return [...this.#at(keys), ...(this.#index.cuts.get(end) ?? [])];
  }

  #ofGrant({ from, to }: { from: string; to: string }): OverlayObject[] {
    const acls = (this.#index.acls.get(from) ?? []).filter((acl) => acl.from === from && acl.to === to);
    if (acls.length === 0) return acls;
    const [one, other] = [this.#index.vnis.get(from), this.#index.vnis.get(to)];
    /* v8 ignore next -- @preserve each end of a grant has its network in the set */
    if (one === undefined || other === undefined) return acls;
    const keys = [
      keyOf({ kind: 'route', from: one, to: other }),
      keyOf({ kind: 'route', from: other, to: one }),
    ];
    return [...acls, ...this.#at(keys)];
  }

  #at(keys: readonly string[]): OverlayObject[] {
    return keys.map((key) => this.#objects.get(key)).filter((object) => object !== undefined);
  }
}

function hostsOf(ports: readonly { readonly host: string }[]): Set<string> {
  return new Set(ports.map(({ host }) => host));
}

function related(membersOf: (key: string) => ReadonlySet<string>): Related<string> {
  return {
    has: (key, member) => membersOf(key).has(member),
    of: membersOf,
    count: (key) => membersOf(key).size,
  };
}

function push<Key, Value>(groups: Map<Key, Value[]>, key: Key, value: Value): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
