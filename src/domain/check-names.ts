import { compareNaturally } from '../runtime/natural-order.ts';
import { defined } from '../../events/codec/defined.ts';
import type { Endpoint, Tenant } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { nearestName } from '../runtime/nearest.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { inventoriesInScope, tenantsInScope } from './scope.ts';

/**
 * Every name in a document must stand for exactly one thing. An unknown name is a problem, and so is a name of two
 * things.
 */
export function* checkNames(candidate: Candidate): Iterable<DomainProblem> {
  yield* sharedNamespace(candidate);
  yield* hostsAndShards(candidate);
  yield* endpointReferences(candidate);
}

/** Tenants, services and externals share one namespace, since a rule names any of them by the bare name. */
function* sharedNamespace(candidate: Candidate): Iterable<DomainProblem> {
  const offered = new Map<string, string[]>();
  for (const { tenant, services } of tenantsInScope(candidate)) {
    offered.set(tenant, offered.get(tenant) ?? []);
    for (const { name } of services) offered.set(name, [...(offered.get(name) ?? []), tenant]);
  }
  for (const [name, offerers] of offered) {
    const holders = holdersOf(candidate, { name, offerers });
    // The last holder comes first: the newest document is the likeliest to be mended.
    const [first, ...others] = holders.toReversed();
    if (first === undefined || others.length === 0) continue;
    const { kind, name: document, path } = pointAt(candidate.folder, first, ...others);
    yield {
      kind: 'input',
      at: { kind, name: document, path },
      message: `the name stands for ${holders.map(({ what }) => what).join(' and ')}: tenants, services and externals share one namespace`,
      found: name,
      allowed: 'a name that nothing else has',
    };
  }
}

/**
 * The tenants, externals and services that have a name. `offerers` are the tenants in scope that offer a service of
 * that name.
 */
function holdersOf(
  { before, after, scope }: Candidate,
  { name, offerers }: { name: string; offerers: readonly string[] },
): (DomainPlace & { what: string })[] {
  const { tenants, externals } = after.directory;
  const holders: (DomainPlace & { what: string })[] = [];
  if (tenants.has(name)) holders.push({ kind: 'Tenant', name, path: ['tenant'], what: 'a tenant' });
  if (externals.has(name)) holders.push({ kind: 'External', name, path: ['external'], what: 'an external' });
  // The directory keeps one tenant for each service name. A tenant out of scope may still offer the service that a
  // tenant in scope took over.
  const known = before.directory.services.get(name)?.tenant;
  const outside = known !== undefined && scope?.has(known) === false ? [known] : [];
  for (const tenant of [...outside, ...offerers]) {
    const place: DomainPlace = { kind: 'Tenant', name: tenant, path: ['services', name, 'name'] };
    holders.push({ ...place, what: `a service of ${tenant}` });
  }
  return holders;
}

function* hostsAndShards(candidate: Candidate): Iterable<DomainProblem> {
  const { after, folder, scope } = candidate;
  const { shards, hosts, externals } = after.directory;
  if (scope === undefined) yield* homesOfHosts(candidate);
  for (const { tenant, shard } of tenantsInScope(candidate)) {
    if (shard === undefined || shards.has(shard) || folder.removes({ kind: 'Shard', name: shard })) continue;
    yield unknown({
      what: 'shard',
      found: shard,
      known: shards.keys(),
      at: { kind: 'Tenant', name: tenant, path: ['shard'] },
    });
  }
  if (scope !== undefined) return;
  for (const { external, gateway } of externals.values()) {
    if (gateway === undefined || isOrWas(candidate, gateway.host)) continue;
    const at = pointAt(folder, { kind: 'External', name: external, path: ['gateway', 'host'] });
    yield unknown({ what: 'host', found: gateway.host, known: hosts.keys(), at });
  }
}

function* homesOfHosts({ before, after, folder }: Candidate): Iterable<DomainProblem> {
  const { shards, hosts } = after.directory;
  for (const { host, shard } of hosts.values()) {
    const at: DomainPlace = { kind: 'Host', name: host, path: ['shard'] };
    if (!shards.has(shard) && !folder.removes({ kind: 'Shard', name: shard })) {
      yield unknown({ what: 'shard', found: shard, known: shards.keys(), at });
    }
    const home = before.directory.hosts.get(host)?.shard;
    if (home === undefined || home === shard) continue;
    yield {
      kind: 'input',
      at,
      message: `host ${host} belongs to ${home}: a host does not change its shard, register it under another name`,
      found: shard,
      allowed: home,
    };
  }
}

/** True if a host is there, or goes with this apply. The users of a host that goes are named by checkRemovals. */
function isOrWas({ after, folder }: Candidate, host: string): boolean {
  return after.directory.hosts.has(host) || folder.removes({ kind: 'Host', name: host });
}

function* endpointReferences(candidate: Candidate): Iterable<DomainProblem> {
  const { directory } = candidate.after;
  for (const tenant of inventoriesInScope(candidate)) {
    const at: DomainPlace = { kind: 'Endpoints', name: tenant, path: ['tenant'] };
    const document = directory.tenants.get(tenant);
    if (document === undefined) {
      yield unknown({ what: 'tenant', found: tenant, known: directory.tenants.keys(), at });
      continue;
    }
    for (const endpoint of endpointsOf(directory, tenant)) {
      yield* endpointReference(candidate, { document, endpoint });
    }
  }
}

function* endpointReference(
  candidate: Candidate,
  { document, endpoint }: { document: Tenant; endpoint: Endpoint },
): Iterable<DomainProblem> {
  const { tenant, segments } = document;
  const { name, segment, host } = endpoint;
  const place = (key: string): DomainPlace => ({
    kind: 'Endpoints',
    name: tenant,
    path: ['endpoints', name, key],
  });
  if (!segments.includes(segment)) {
    const fallback: DomainPlace = { kind: 'Tenant', name: tenant, path: ['segments'] };
    const at = pointAt(candidate.folder, place('segment'), fallback);
    yield {
      ...unknown({ what: 'segment', found: segment, known: segments, at }),
      message: `endpoint ${name} of ${tenant} is in segment ${segment}, which ${tenant} does not have`,
    };
  }
  if (isOrWas(candidate, host)) return;
  const known = candidate.after.directory.hosts.keys();
  yield unknown({ what: 'host', found: host, known, at: place('host') });
}

/** The problem of a name that stands for nothing. Suggests the nearest known name. */
export function unknown(of: {
  what: string;
  found: string;
  known: Iterable<string>;
  at: DomainPlace;
}): DomainProblem {
  const known = [...new Set(of.known)].sort(compareNaturally);
  const nearest = nearestName(of.found, known);
  return {
    kind: 'input',
    at: of.at,
    message: `there is no ${of.what} of that name`,
    found: of.found,
    allowed: known.length === 0 ? `a ${of.what} that a document declares` : listed(known),
    ...defined({ nearest }),
    isUnknownName: true,
  };
}

/** At most eight names in words, and the number of the others. */
function listed(names: readonly string[]): string {
  const more = names.length - 8;
  return more > 0 ? `${names.slice(0, 8).join(', ')} and ${String(more)} more` : names.join(', ');
}

/**
 * The names that a rule may use. For a name like `tenant/segment`, the segments of that tenant or of the nearest one;
 * else all tenants, services and externals.
 */
export function namesForRule(directory: Directory, like: string): string[] {
  const tenant = tenantOf(like);
  if (tenant !== undefined) {
    const near =
      directory.tenants.get(tenant) ??
      directory.tenants.get(nearestName(tenant, directory.tenants.keys()) ?? '');
    return near?.segments.map((segment) => `${near.tenant}/${segment}`) ?? [...directory.tenants.keys()];
  }
  return [...directory.tenants.keys(), ...directory.services.keys(), ...directory.externals.keys()];
}
