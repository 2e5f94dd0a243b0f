import type { DomainEvent } from '../../events/catalogue.ts';
import type { Endpoint, External, Host, Service, Shard, Tenant } from '../../events/estate.ts';
import { segmentOf } from '../../events/names.ts';
import { Layer } from '../fold/layer.ts';
import { Relation } from '../fold/relation.ts';
import type { LeavesDirectoryAlone } from './leaves-directory-alone.ts';

/**
 * The tenant directory: tenants and inventory, where they are placed, and the meaning of names. Values are replaced,
 * never changed in place.
 */
export interface Directory {
  readonly shards: Map<string, Shard>;
  /** Retired shards as they last were. Their hosts may still have to be emptied. */
  readonly formerShards: Map<string, Shard>;
  readonly hosts: Map<string, Host>;
  /** By formerHostKey, hosts that were retired and not emptied yet, as they last were. */
  readonly formerHosts: Map<string, Host>;
  /**
   * By formerHostKey, hosts that a person said to be gone, as they last were, until a document of theirs is recorded anew. Nothing
   * is driven or read there, whether a document still declares them or not.
   */
  readonly goneHosts: Map<string, Host>;
  readonly externals: Map<string, External>;
  readonly tenants: Map<string, Tenant>;
  /** By service name, the tenant that offers the service. */
  readonly services: Map<string, OfferedService>;
  /** By tenant, its shard. An unplaced tenant is missing. */
  readonly placements: Map<string, string>;
  /** Endpoints by tenant, then by name. */
  readonly endpoints: Map<string, ReadonlyMap<string, Endpoint>>;
  /**
   * Index: by portOf, the endpoints on that port, spelt `tenant/endpoint`, and the externals whose gateway is there.
   */
  readonly ports: Relation<string>;
  /** Index: by address, the endpoints that have it, spelt `tenant/endpoint`. */
  readonly addresses: Relation<string>;
}

/** What tells hosts apart: the name of a retired one may come again in another shard. */
export type HostOfShard = Pick<Host, 'shard' | 'host'>;

export interface OfferedService {
  readonly tenant: string;
  readonly service: Service;
}

export function emptyDirectory(): Directory {
  return {
    shards: new Map(),
    formerShards: new Map(),
    hosts: new Map(),
    formerHosts: new Map(),
    goneHosts: new Map(),
    externals: new Map(),
    tenants: new Map(),
    services: new Map(),
    placements: new Map(),
    endpoints: new Map(),
    ports: new Relation(),
    addresses: new Relation(),
  };
}

/**
 * A copy that can be folded further without touching the original. It is valid until the original is folded further.
 */
export function copyDirectory(directory: Directory): Directory {
  return {
    shards: new Layer(directory.shards),
    formerShards: new Layer(directory.formerShards),
    hosts: new Layer(directory.hosts),
    formerHosts: new Layer(directory.formerHosts),
    goneHosts: new Layer(directory.goneHosts),
    externals: new Layer(directory.externals),
    tenants: new Layer(directory.tenants),
    services: new Layer(directory.services),
    placements: new Layer(directory.placements),
    endpoints: new Layer(directory.endpoints),
    ports: new Relation(directory.ports),
    addresses: new Relation(directory.addresses),
  };
}

/** Folds one event into the given directory. Total over all events. */
export function foldDirectory(directory: Directory, event: DomainEvent): void {
  switch (event.type) {
    case 'ShardRegistered':
    case 'ShardChanged':
      directory.shards.set(event.data.shard, event.data);
      directory.formerShards.delete(event.data.shard);
      return;
    case 'ShardRetired':
      retireShard(directory, event.data.shard);
      return;
    case 'HostRegistered':
    case 'HostChanged':
      directory.hosts.set(event.data.host, event.data);
      directory.formerHosts.delete(formerHostKey(event.data));
      directory.goneHosts.delete(formerHostKey(event.data));
      return;
    case 'HostRetired':
      retireHost(directory, event.data.host);
      return;
    case 'HostGone':
      loseHost(directory, event.data);
      return;
    case 'HostCleared':
      directory.formerHosts.delete(formerHostKey(event.data));
      return;
    case 'ExternalRegistered':
    case 'ExternalChanged':
      putExternal(directory, event.data.external, event.data);
      return;
    case 'ExternalRetired':
      putExternal(directory, event.data.external, undefined);
      return;
    case 'TenantRegistered':
    case 'TenantChanged':
      putTenant(directory, event.data);
      return;
    case 'TenantRetired':
      retireTenant(directory, event.data.tenant);
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
      putEndpoints(directory, event.data.tenant, endpoints);
      return;
    }
    default:
      event.type satisfies LeavesDirectoryAlone;
  }
}

function retireShard(directory: Directory, name: string): void {
  const shard = directory.shards.get(name);
  if (shard !== undefined) directory.formerShards.set(name, shard);
  directory.shards.delete(name);
}

function retireHost(directory: Directory, name: string): void {
  const host = directory.hosts.get(name);
  if (host !== undefined && !isGone(directory, host)) directory.formerHosts.set(formerHostKey(host), host);
  directory.hosts.delete(name);
}

/** The host may be in use, or retired and not emptied yet. */
function loseHost({ hosts, formerHosts, goneHosts }: Directory, { host: name, shard }: HostOfShard): void {
  const key = formerHostKey({ host: name, shard });
  const inUse = hosts.get(name);
  const host = formerHosts.get(key) ?? (inUse?.shard === shard ? inUse : undefined);
  if (host !== undefined) goneHosts.set(key, host);
  formerHosts.delete(key);
}

/** Whether a person said that a host is gone, and no document of it was recorded since. */
export function isGone({ goneHosts }: Directory, host: HostOfShard): boolean {
  return goneHosts.has(formerHostKey(host));
}

/** A retired host's name may come again in another shard, before the former one has emptied it. */
export function formerHostKey({ shard, host }: HostOfShard): string {
  return `${shard} ${host}`;
}

function retireTenant(directory: Directory, tenant: string): void {
  withdrawServices(directory, tenant);
  directory.tenants.delete(tenant);
  directory.placements.delete(tenant);
  putEndpoints(directory, tenant, undefined);
}

function withdrawServices({ tenants, services }: Directory, tenant: string): void {
  for (const { name } of tenants.get(tenant)?.services ?? []) {
    if (services.get(name)?.tenant === tenant) services.delete(name);
  }
}

/** Puts a tenant's document in force, and its services under their names. */
export function putTenant(directory: Directory, tenant: Tenant): void {
  withdrawServices(directory, tenant.tenant);
  directory.tenants.set(tenant.tenant, tenant);
  for (const service of tenant.services) {
    directory.services.set(service.name, { tenant: tenant.tenant, service });
  }
}

/** Puts an external's document in force; undefined takes it out of force. */
export function putExternal(
  { externals, ports }: Directory,
  name: string,
  external: External | undefined,
): void {
  const before = externals.get(name)?.gateway;
  if (before !== undefined) ports.remove(portOf(before), name);
  if (external === undefined) externals.delete(name);
  else externals.set(name, external);
  if (external?.gateway !== undefined) ports.add(portOf(external.gateway), name);
}

/** Replaces the endpoints of a tenant, which are given by name. Undefined means that the tenant is gone. */
export function putEndpoints(
  directory: Directory,
  tenant: string,
  endpoints: ReadonlyMap<string, Endpoint> | undefined,
): void {
  const before = directory.endpoints.get(tenant);
  for (const [name, endpoint] of before ?? []) {
    if (endpoints?.get(name) !== endpoint) unplug(directory, segmentOf(tenant, name), endpoint);
  }
  for (const [name, endpoint] of endpoints ?? []) {
    if (before?.get(name) !== endpoint) plugIn(directory, segmentOf(tenant, name), endpoint);
  }
  if (endpoints === undefined) directory.endpoints.delete(tenant);
  else directory.endpoints.set(tenant, endpoints);
}

function unplug({ ports, addresses }: Directory, holder: string, endpoint: Endpoint): void {
  ports.remove(portOf(endpoint), holder);
  for (const ip of endpoint.ips) addresses.remove(ip, holder);
}

function plugIn({ ports, addresses }: Directory, holder: string, endpoint: Endpoint): void {
  ports.add(portOf(endpoint), holder);
  for (const ip of endpoint.ips) addresses.add(ip, holder);
}

/** A host's interface as one text. */
export function portOf({ host, interface: port }: Pick<Endpoint, 'host' | 'interface'>): string {
  return `${host} ${port}`;
}

/** All segments of a tenant, spelt `tenant/segment`; none for an unknown tenant. */
export function segmentsOf(directory: Directory, tenant: string): string[] {
  return directory.tenants.get(tenant)?.segments.map((segment) => segmentOf(tenant, segment)) ?? [];
}

/** A tenant's endpoints. */
export function endpointsOf(directory: Directory, tenant: string): Iterable<Endpoint> {
  return directory.endpoints.get(tenant)?.values() ?? [];
}

/** The names of a shard's hosts, sorted, without those that are said to be gone. */
export function hostsOfShard(directory: Directory, shard: string): string[] {
  return Array.from(directory.hosts.values())
    .filter((host) => host.shard === shard && !isGone(directory, host))
    .map(({ host }) => host)
    .sort();
}

/** The hosts that a shard drives, by name: its own, and those that were retired from it and are not emptied yet. */
export function hostsDrivenBy(directory: Directory, shard: string): ReadonlyMap<string, Host> {
  const { hosts, formerHosts } = directory;
  const driven = [...formerHosts.values(), ...hosts.values()].filter(
    (host) => host.shard === shard && !isGone(directory, host),
  );
  return new Map(driven.map((host) => [host.host, host]));
}
