import type { Endpoint, Tenant } from '../../events/estate.ts';
import { tenantOf } from '../../events/names.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { nearestName } from '../runtime/nearest.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { inventoriesInScope, tenantsInScope } from './scope.ts';

/** Names that nothing has, names that two have: whatever documents say of each other must be there and be one thing. */
export function* checkNames(candidate: Candidate): Iterable<DomainProblem> {
  yield* sharedNamespace(candidate);
  yield* hostsAndShards(candidate);
  yield* endpointReferences(candidate);
}

/** Tenants, services and externals share one namespace: a rule names any of them by the bare name. */
function* sharedNamespace(candidate: Candidate): Iterable<DomainProblem> {
  const offered = new Map<string, string[]>();
  for (const { tenant, services } of tenantsInScope(candidate)) {
    offered.set(tenant, offered.get(tenant) ?? []);
    for (const { name } of services) offered.set(name, [...(offered.get(name) ?? []), tenant]);
  }
  for (const [name, offerers] of offered) {
    const holders = holdersOf(candidate, { name, offerers });
    // The last one first: the newest document is the likeliest to be mended.
    const [first, ...others] = holders.toReversed();
    if (first === undefined || others.length === 0) continue;
    const { kind, name: document, path } = pointAt(candidate.given, first, ...others);
    yield {
      kind: 'input',
      at: { kind, name: document, path },
      message: `the name stands for ${holders.map(({ what }) => what).join(' and ')}: tenants, services and externals share one namespace`,
      found: name,
      allowed: 'a name that nothing else has',
    };
  }
}

/** Everyone who has a name. `offerers` are the tenants in scope that offer a service of that name. */
function holdersOf(
  { before, after, scope }: Candidate,
  { name, offerers }: { name: string; offerers: readonly string[] },
): (DomainPlace & { what: string })[] {
  const { tenants, externals } = after.directory;
  const holders: (DomainPlace & { what: string })[] = [];
  if (tenants.has(name)) holders.push({ kind: 'Tenant', name, path: ['tenant'], what: 'a tenant' });
  if (externals.has(name)) holders.push({ kind: 'External', name, path: ['external'], what: 'an external' });
  // Somebody in scope may stand in the place of one out of scope by now, who offers it still.
  const known = before.directory.services.get(name)?.tenant;
  const outside = known !== undefined && scope?.has(known) === false ? [known] : [];
  for (const tenant of [...outside, ...offerers]) {
    const place: DomainPlace = { kind: 'Tenant', name: tenant, path: ['services', name, 'name'] };
    holders.push({ ...place, what: `a service of ${tenant}` });
  }
  return holders;
}

function* hostsAndShards(candidate: Candidate): Iterable<DomainProblem> {
  const { after, given, scope } = candidate;
  const { shards, hosts, externals } = after.directory;
  if (scope === undefined) yield* homesOfHosts(candidate);
  for (const { tenant, shard } of tenantsInScope(candidate)) {
    if (shard === undefined || shards.has(shard) || given.removes({ kind: 'Shard', name: shard })) continue;
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
    const at = pointAt(given, { kind: 'External', name: external, path: ['gateway', 'host'] });
    yield unknown({ what: 'host', found: gateway.host, known: hosts.keys(), at });
  }
}

function* homesOfHosts({ before, after, given }: Candidate): Iterable<DomainProblem> {
  const { shards, hosts } = after.directory;
  for (const { host, shard } of hosts.values()) {
    const at: DomainPlace = { kind: 'Host', name: host, path: ['shard'] };
    if (!shards.has(shard) && !given.removes({ kind: 'Shard', name: shard })) {
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

/** Whether a host is there, or goes with this apply: then its users are named together, by checkRemovals. */
function isOrWas({ after, given }: Candidate, host: string): boolean {
  return after.directory.hosts.has(host) || given.removes({ kind: 'Host', name: host });
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
    const at = pointAt(candidate.given, place('segment'), fallback);
    yield {
      ...unknown({ what: 'segment', found: segment, known: segments, at }),
      message: `endpoint ${name} of ${tenant} is in segment ${segment}, which ${tenant} does not have`,
    };
  }
  if (isOrWas(candidate, host)) return;
  const known = candidate.after.directory.hosts.keys();
  yield unknown({ what: 'host', found: host, known, at: place('host') });
}

/** A problem with a name that nothing has; names the nearest that something has. */
export function unknown(of: {
  what: string;
  found: string;
  known: Iterable<string>;
  at: DomainPlace;
}): DomainProblem {
  const known = [...of.known].sort();
  const nearest = nearestName(of.found, known);
  return {
    kind: 'input',
    at: of.at,
    message: `there is no ${of.what} of that name`,
    found: of.found,
    allowed: known.length === 0 ? `a ${of.what} that a document declares` : listed(known),
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/** At most eight names in words. */
function listed(names: readonly string[]): string {
  const more = names.length - 8;
  return more > 0 ? `${names.slice(0, 8).join(', ')} and ${String(more)} more` : names.join(', ');
}

/** Every name that a rule may give: tenants, services, externals, and the segments of the tenant that is asked for. */
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
