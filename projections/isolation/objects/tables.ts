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
import { ObjectList } from './object-list.ts';
import { VersionedIndex } from './versions.ts';

type RouteObject = Extract<OverlayObject, { readonly kind: 'route' }>;

/** Anything that is to be done with an object wherever a table has it. */
type Act = <Key, Item>(table: VersionedIndex<Key, Item>, key: Key, item: Item) => void;

/** The objects of a shard's sets, by all that is asked about. */
export class ObjectTables {
  #changes = 0;
  readonly all = new ObjectList();
  readonly byVni: VersionedIndex<number, NetworkObject>;
  readonly bySegment: VersionedIndex<string, NetworkObject>;
  readonly bindings: VersionedIndex<number, BindingObject>;
  /** By portKey. */
  readonly ports: VersionedIndex<string, BindingObject>;
  /** By host and VNI. */
  readonly carried: VersionedIndex<string, BindingObject>;
  readonly routesFrom: VersionedIndex<number, RouteObject>;
  readonly routesTo: VersionedIndex<number, RouteObject>;
  /** Acls by side and pair. */
  readonly grants: VersionedIndex<string, GrantAcl>;
  readonly denies: VersionedIndex<string, QuarantineAcl>;
  readonly hosts: VersionedIndex<string, HostObject>;
  readonly tunnels: VersionedIndex<string, HostObject>;

  constructor(endings: Endings) {
    this.byVni = new VersionedIndex(endings);
    this.bySegment = new VersionedIndex(endings);
    this.bindings = new VersionedIndex(endings);
    this.ports = new VersionedIndex(endings);
    this.carried = new VersionedIndex(endings);
    this.routesFrom = new VersionedIndex(endings);
    this.routesTo = new VersionedIndex(endings);
    this.grants = new VersionedIndex(endings);
    this.denies = new VersionedIndex(endings);
    this.hosts = new VersionedIndex(endings);
    this.tunnels = new VersionedIndex(endings);
  }

  /** How often anything was put or ended so far. */
  get changes(): number {
    return this.#changes;
  }

  /** Every table that has an object by a key, to put it there or end it. */
  each(object: OverlayObject, act: Act): void {
    this.#changes += 1;
    switch (object.kind) {
      case 'network':
        act(this.byVni, object.vni, object);
        act(this.bySegment, object.segment, object);
        break;
      case 'binding':
        act(this.bindings, object.vni, object);
        act(this.ports, portKey(object), object);
        act(this.carried, carriedKey(object), object);
        break;
      case 'route':
        act(this.routesFrom, object.from, object);
        act(this.routesTo, object.to, object);
        break;
      case 'acl':
        if (object.tier === 'quarantine') act(this.denies, aclKey(object.side, object), object);
        else act(this.grants, aclKey(object.side, object), object);
        break;
      case 'qos':
        // Rates limit the amount that passes, and do not decide whether a packet may pass.
        break;
      case 'host':
        act(this.hosts, object.host, object);
        act(this.tunnels, object.tunnelIp, object);
        break;
    }
  }
}

/** Networks of a host: packets from there under their VNIs are taken in. */
export function carriedKey({ host, vni }: { readonly host: string; readonly vni: number }): string {
  return `${host} ${String(vni)}`;
}

export function aclKey(side: AclObject['side'], pair: Pair): string {
  return `${side} ${pairKey(pair)}`;
}
