import type {
  AclObject,
  BindingObject,
  GrantAcl,
  HostObject,
  NetworkObject,
  OverlayObject,
  QuarantineAcl,
} from '../../../events/overlay-objects.ts';
import { portKey } from '../documents/document-fold.ts';
import { pairKey, type Pair } from '../pair.ts';
import type { Endings } from './endings.ts';
import { ObjectList, type ListedObject, type PlaceAt } from './object-list.ts';
import { isEndpoint } from './reach.ts';
import { VersionedIndex, type Version } from './versions.ts';

type RouteObject = Extract<OverlayObject, { readonly kind: 'route' }>;
type Table<Key, Item extends OverlayObject> = VersionedIndex<Key, OverlayObject, Item>;

/** What hears of objects that come and end. */
type Hearer = Pick<Table<unknown, OverlayObject>, 'put' | 'end'>;

/** The objects of a shard's sets, by all that is asked about. */
export class ObjectTables {
  #changes = 0;
  readonly all = new ObjectList();
  readonly byVni: Table<number, NetworkObject>;
  readonly bySegment: Table<string, NetworkObject>;
  readonly bindings: Table<number, BindingObject>;
  /** Those of externals among them. */
  readonly externals: Table<number, BindingObject>;
  /** By portKey. */
  readonly ports: Table<string, BindingObject>;
  /** By host and VNI. */
  readonly carried: Table<string, BindingObject>;
  readonly routesFrom: Table<number, RouteObject>;
  readonly routesTo: Table<number, RouteObject>;
  /** Acls by side and pair. */
  readonly grants: Record<AclObject['side'], Table<string, GrantAcl>>;
  readonly denies: Table<string, QuarantineAcl>;
  readonly hosts: Table<string, HostObject>;
  readonly tunnels: Table<string, HostObject>;
  /** By kind of object, the tables that have it. */
  readonly #with: Record<OverlayObject['kind'], readonly Hearer[]>;

  constructor(endings: Endings) {
    const all = { endings, ordered: () => this.all.ordered() };
    const table = <Key, Item extends OverlayObject>(
      has: (version: ListedObject) => version is Version<Item>,
      keyOf: (item: Item) => Key,
    ): Table<Key, Item> => new VersionedIndex(all, { has, keyOf });
    this.byVni = table(isNetwork, ({ vni }) => vni);
    this.bySegment = table(isNetwork, ({ segment }) => segment);
    this.bindings = table(isBinding, ({ vni }) => vni);
    this.externals = table(isExternals, ({ vni }) => vni);
    this.ports = table(isBinding, portKey);
    this.carried = table(isBinding, carriedKey);
    this.routesFrom = table(isRoute, ({ from }) => from);
    this.routesTo = table(isRoute, ({ to }) => to);
    this.grants = { egress: table(isEgress, pairKey), ingress: table(isIngress, pairKey) };
    this.denies = table(isDeny, (acl) => aclKey(acl.side, acl));
    this.hosts = table(isHost, ({ host }) => host);
    this.tunnels = table(isHost, ({ tunnelIp }) => tunnelIp);
    this.#with = {
      network: [this.byVni, this.bySegment],
      binding: [this.bindings, this.externals, this.ports, this.carried],
      route: [this.routesFrom, this.routesTo],
      acl: [this.grants.egress, this.grants.ingress, this.denies],
      // Rates limit the amount that passes, and do not decide whether a packet may pass.
      qos: [],
      host: [this.hosts, this.tunnels],
    };
  }

  /** How often anything was put or ended so far. */
  get changes(): number {
    return this.#changes;
  }

  /** From this plan on sets hold an object. */
  put(object: OverlayObject, at: PlaceAt): ListedObject {
    this.#changes += 1;
    const listed = this.all.put(object, at);
    for (const table of this.#with[object.kind]) table.put(listed);
    return listed;
  }

  /** From this plan on sets do not hold an object. */
  end(listed: ListedObject, plan: number): void {
    this.#changes += 1;
    listed.until = plan;
    for (const table of this.#with[listed.item.kind]) table.end(listed);
  }
}

function isNetwork(listed: ListedObject): listed is Version<NetworkObject> {
  return listed.item.kind === 'network';
}

function isBinding(listed: ListedObject): listed is Version<BindingObject> {
  return listed.item.kind === 'binding';
}

function isExternals(listed: ListedObject): listed is Version<BindingObject> {
  return listed.item.kind === 'binding' && !isEndpoint(listed.item);
}

function isRoute(listed: ListedObject): listed is Version<RouteObject> {
  return listed.item.kind === 'route';
}

function isEgress(listed: ListedObject): listed is Version<GrantAcl> {
  return isGrant(listed.item) && listed.item.side === 'egress';
}

function isIngress(listed: ListedObject): listed is Version<GrantAcl> {
  return isGrant(listed.item) && listed.item.side === 'ingress';
}

function isGrant(object: OverlayObject): object is GrantAcl {
  return object.kind === 'acl' && object.tier === 'grant';
}

function isDeny(listed: ListedObject): listed is Version<QuarantineAcl> {
  return listed.item.kind === 'acl' && listed.item.tier === 'quarantine';
}

function isHost(listed: ListedObject): listed is Version<HostObject> {
  return listed.item.kind === 'host';
}

/** Networks of a host: packets from there under their VNIs are taken in. */
export function carriedKey({ host, vni }: { readonly host: string; readonly vni: number }): string {
  return `${host} ${String(vni)}`;
}

export function aclKey(side: AclObject['side'], pair: Pair): string {
  return `${side} ${pairKey(pair)}`;
}
