import type { Endpoint, External, Host, Policy, Shard, Tenant } from '../../../events/estate.ts';

/** The endpoint or external at a port, according to the documents. */
export interface Occupant {
  /** An endpoint may be called as its segment is, so that no name tells what it is. */
  readonly kind: 'endpoint' | 'external';
  /** `tenant/endpoint`, or the external's name. */
  readonly name: string;
  /** The segment or external that it belongs to. */
  readonly end: string;
  /** Addresses of an endpoint, CIDRs of an external. */
  readonly ips: readonly string[];
  /** False once no document names the port any longer: it keeps its last occupant. */
  readonly documented: boolean;
}

/** The documents in force. */
export interface Documents {
  readonly tenants: ReadonlyMap<string, Tenant>;
  readonly policies: ReadonlyMap<string, Policy>;
  /** Tenants in quarantine; the value has no meaning. */
  readonly quarantinedTenants: ReadonlyMap<string, true>;
  /** Segments (`tenant/segment`) and externals that are in quarantine by themselves. */
  readonly quarantinedEnds: ReadonlyMap<string, true>;
  readonly externals: ReadonlyMap<string, External>;
  /** Retired hosts too, until they have acknowledged that they hold nothing: they may still send. */
  readonly hosts: ReadonlyMap<string, Host>;
  /** By hostKey, retired hosts until then: a name may be in use in another shard by then, under another tunnel address. */
  readonly formerHosts: ReadonlyMap<string, Host>;
  /** Retired shards too: their limits count for hosts that are not empty yet. */
  readonly shards: ReadonlyMap<string, Shard>;
  /** By `tenant/endpoint`. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** By portKey. */
  readonly occupants: ReadonlyMap<string, Occupant>;
  /** By portKey, the ends of former occupants of a port that has changed hands, the last one at the end. */
  readonly formerEnds: ReadonlyMap<string, readonly string[]>;
}

/** What each kind of document is; a quarantine is in force or it is not. */
export interface DocumentValues {
  readonly tenants: Tenant;
  readonly policies: Policy;
  readonly quarantinedTenants: true;
  readonly quarantinedEnds: true;
  readonly externals: External;
  readonly hosts: Host;
  readonly formerHosts: Host;
  readonly shards: Shard;
  readonly endpoints: Endpoint;
  readonly occupants: Occupant;
}

export type KindOfDocument = keyof DocumentValues;
export type DocumentMaps = { readonly [Each in KindOfDocument]: Map<string, DocumentValues[Each]> };

/** All that a batch changed of documents, as it was before: by kind and key, undefined for what was not there. */
export type DocumentsBefore = {
  readonly [Each in KindOfDocument]: ReadonlyMap<string, DocumentValues[Each] | undefined>;
};

type ChangedMaps = { readonly [Each in KindOfDocument]: Map<string, DocumentValues[Each] | undefined> };

const kinds = [
  'tenants',
  'policies',
  'quarantinedTenants',
  'quarantinedEnds',
  'externals',
  'hosts',
  'formerHosts',
  'shards',
  'endpoints',
  'occupants',
] as const satisfies readonly KindOfDocument[];

/** Copies of the maps of documents, or empty maps. */
export function mapsOf(from: Documents | undefined): DocumentMaps {
  return {
    tenants: new Map(from?.tenants),
    policies: new Map(from?.policies),
    quarantinedTenants: new Map(from?.quarantinedTenants),
    quarantinedEnds: new Map(from?.quarantinedEnds),
    externals: new Map(from?.externals),
    hosts: new Map(from?.hosts),
    formerHosts: new Map(from?.formerHosts),
    shards: new Map(from?.shards),
    endpoints: new Map(from?.endpoints),
    occupants: new Map(from?.occupants),
  };
}

/** The changes of one batch, as they are made. */
export class ChangedDocuments {
  readonly #before: ChangedMaps = {
    tenants: new Map(),
    policies: new Map(),
    quarantinedTenants: new Map(),
    quarantinedEnds: new Map(),
    externals: new Map(),
    hosts: new Map(),
    formerHosts: new Map(),
    shards: new Map(),
    endpoints: new Map(),
    occupants: new Map(),
  };

  put<Each extends KindOfDocument>(
    maps: DocumentMaps,
    { kind, key, value }: { kind: Each; key: string; value: DocumentValues[Each] | undefined },
  ): void {
    if (!this.#before[kind].has(key)) this.#before[kind].set(key, maps[kind].get(key));
    assign(maps[kind], key, value);
  }

  /** All that was changed, as it was before; undefined if nothing was. */
  get before(): DocumentsBefore | undefined {
    return kinds.some((kind) => this.#before[kind].size > 0) ? this.#before : undefined;
  }
}

/** Puts back what a batch changed. */
export function restore(maps: DocumentMaps, before: DocumentsBefore): void {
  restoreIn(maps.tenants, before.tenants);
  restoreIn(maps.policies, before.policies);
  restoreIn(maps.quarantinedTenants, before.quarantinedTenants);
  restoreIn(maps.quarantinedEnds, before.quarantinedEnds);
  restoreIn(maps.externals, before.externals);
  restoreIn(maps.hosts, before.hosts);
  restoreIn(maps.formerHosts, before.formerHosts);
  restoreIn(maps.shards, before.shards);
  restoreIn(maps.endpoints, before.endpoints);
  restoreIn(maps.occupants, before.occupants);
}

function restoreIn<Value>(map: Map<string, Value>, before: ReadonlyMap<string, Value | undefined>): void {
  for (const [key, value] of before) assign(map, key, value);
}

function assign<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
