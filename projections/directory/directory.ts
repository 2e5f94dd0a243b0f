import type { DomainEvent } from '../../events/catalogue.ts';
import type { Endpoint, External, Host, Service, Shard, Tenant } from '../../events/estate.ts';
import { segmentOf, tenantOf } from '../../events/names.ts';

/** The tenant directory: who and what exists, where it stands, and what a name means. Values are never changed in place. */
export interface Directory {
  readonly shards: Map<string, Shard>;
  readonly hosts: Map<string, Host>;
  readonly externals: Map<string, External>;
  readonly tenants: Map<string, Tenant>;
  /** Who offers a service, by the service's name. */
  readonly services: Map<string, OfferedService>;
  /** The shard of each tenant that stands on one. */
  readonly placements: Map<string, string>;
  /** Endpoints by tenant, then by name. */
  readonly endpoints: Map<string, ReadonlyMap<string, Endpoint>>;
}

export interface OfferedService {
  readonly tenant: string;
  readonly service: Service;
}

export function emptyDirectory(): Directory {
  return {
    shards: new Map(),
    hosts: new Map(),
    externals: new Map(),
    tenants: new Map(),
    services: new Map(),
    placements: new Map(),
    endpoints: new Map(),
  };
}

/** A copy that can be folded further without touching the first: maps are copied, their values are shared. */
export function copyDirectory(directory: Directory): Directory {
  return {
    shards: new Map(directory.shards),
    hosts: new Map(directory.hosts),
    externals: new Map(directory.externals),
    tenants: new Map(directory.tenants),
    services: new Map(directory.services),
    placements: new Map(directory.placements),
    endpoints: new Map(directory.endpoints),
  };
}

/** Folds one event into the directory that is given; total over all events. */
export function foldDirectory(directory: Directory, event: DomainEvent): void {
  switch (event.type) {
    case 'ShardRegistered':
    case 'ShardChanged':
      directory.shards.set(event.data.shard, event.data);
      return;
    case 'HostRegistered':
    case 'HostChanged':
      directory.hosts.set(event.data.host, event.data);
      return;
    case 'ExternalRegistered':
    case 'ExternalChanged':
      directory.externals.set(event.data.external, event.data);
      return;
    case 'TenantRegistered':
    case 'TenantChanged':
      putTenant(directory, event.data);
      return;
    case 'TenantPlaced':
      directory.placements.set(event.data.tenant, event.data.shard);
      return;
    case 'TenantMoved':
      directory.placements.set(event.data.tenant, event.data.to);
      return;
    case 'EndpointsChanged': {
      const endpoints = new Map(directory.endpoints.get(event.data.tenant));
      for (const name of event.data.removed) endpoints.delete(name);
      for (const endpoint of event.data.put) endpoints.set(endpoint.name, endpoint);
      directory.endpoints.set(event.data.tenant, endpoints);
      return;
    }
    default:
  }
}

/** Puts a tenant's document in force, and its services under their names. */
export function putTenant(directory: Directory, tenant: Tenant): void {
  for (const { name } of directory.tenants.get(tenant.tenant)?.services ?? []) {
    if (directory.services.get(name)?.tenant === tenant.tenant) directory.services.delete(name);
  }
  directory.tenants.set(tenant.tenant, tenant);
  for (const service of tenant.services) {
    directory.services.set(service.name, { tenant: tenant.tenant, service });
  }
}

/** What a rule's destination or source means in a directory. */
export type Peer =
  | { readonly kind: 'service'; readonly tenant: string; readonly service: Service }
  | { readonly kind: 'tenant'; readonly tenant: string }
  | { readonly kind: 'segment'; readonly tenant: string; readonly segment: string }
  | { readonly kind: 'external'; readonly external: string };

/** Resolves a name as of now (late binding); undefined where nothing has that name. */
export function peerNamed(directory: Directory, name: string): Peer | undefined {
  const tenant = tenantOf(name);
  if (tenant !== undefined) {
    const segment = name.slice(tenant.length + 1);
    const known = directory.tenants.get(tenant)?.segments.includes(segment) === true;
    return known ? { kind: 'segment', tenant, segment } : undefined;
  }
  if (directory.tenants.has(name)) return { kind: 'tenant', tenant: name };
  if (directory.externals.has(name)) return { kind: 'external', external: name };
  const offered = directory.services.get(name);
  return offered === undefined ? undefined : { kind: 'service', ...offered };
}

/** All segments of a tenant, spelt `tenant/segment`; none for an unknown tenant. */
export function segmentsOf(directory: Directory, tenant: string): string[] {
  return directory.tenants.get(tenant)?.segments.map((segment) => segmentOf(tenant, segment)) ?? [];
}

/** A tenant's endpoints. */
export function endpointsOf(directory: Directory, tenant: string): Iterable<Endpoint> {
  return directory.endpoints.get(tenant)?.values() ?? [];
}

/** The names of a shard's hosts, sorted. */
export function hostsOfShard({ hosts }: Directory, shard: string): string[] {
  return Array.from(hosts.values())
    .filter((host) => host.shard === shard)
    .map(({ host }) => host)
    .sort();
}
