import { tenantOf } from '../../events/names.ts';
import { endpointsOf, type Directory } from '../../projections/directory/directory.ts';
import { nearestName } from '../runtime/nearest.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/** Names that nothing has, names that two have: whatever documents say of each other must be there and be one thing. */
export function* checkNames(candidate: Candidate): Iterable<DomainProblem> {
  yield* sharedNamespace(candidate);
  yield* hostsAndShards(candidate);
  yield* endpointReferences(candidate);
}

/** Tenants, services and externals share one namespace: a rule names any of them by the bare name. */
function* sharedNamespace({ after, given }: Candidate): Iterable<DomainProblem> {
  const { tenants, externals } = after.directory;
  const owners = new Map<string, (DomainPlace & { what: string })[]>();
  const own = (name: string, owner: DomainPlace & { what: string }): void => {
    owners.set(name, [...(owners.get(name) ?? []), owner]);
  };
  for (const name of tenants.keys()) own(name, { kind: 'Tenant', name, path: ['tenant'], what: 'a tenant' });
  for (const name of externals.keys())
    own(name, { kind: 'External', name, path: ['external'], what: 'an external' });
  for (const { tenant, services } of tenants.values()) {
    for (const { name } of services) {
      own(name, {
        kind: 'Tenant',
        name: tenant,
        path: ['services', name, 'name'],
        what: `a service of ${tenant}`,
      });
    }
  }
  for (const [name, holders] of owners) {
    // The last one first: the newest document is the likeliest to be mended.
    const [first, ...others] = holders.toReversed();
    if (first === undefined || others.length === 0) continue;
    const { kind, name: document, path } = pointAt(given, first, ...others);
    yield {
      kind: 'input',
      at: { kind, name: document, path },
      message: `the name stands for ${holders.map(({ what }) => what).join(' and ')}: tenants, services and externals share one namespace`,
      found: name,
      allowed: 'a name that nothing else has',
    };
  }
}

function* hostsAndShards({ before, after, given }: Candidate): Iterable<DomainProblem> {
  const { shards, hosts, externals, tenants } = after.directory;
  for (const { host, shard } of hosts.values()) {
    const at: DomainPlace = { kind: 'Host', name: host, path: ['shard'] };
    if (!shards.has(shard)) yield unknown({ what: 'shard', found: shard, known: shards.keys(), at });
    const home = before.directory.hosts.get(host)?.shard;
    if (home !== undefined && home !== shard) {
      yield {
        kind: 'input',
        at,
        message: `host ${host} belongs to ${home}: a host does not change its shard, register it under another name`,
        found: shard,
        allowed: home,
      };
    }
  }
  for (const { tenant, shard } of tenants.values()) {
    if (shard === undefined || shards.has(shard)) continue;
    yield unknown({
      what: 'shard',
      found: shard,
      known: shards.keys(),
      at: { kind: 'Tenant', name: tenant, path: ['shard'] },
    });
  }
  for (const { external, gateway } of externals.values()) {
    if (gateway === undefined || hosts.has(gateway.host)) continue;
    const at = pointAt(given, { kind: 'External', name: external, path: ['gateway', 'host'] });
    yield unknown({ what: 'host', found: gateway.host, known: hosts.keys(), at });
  }
}

function* endpointReferences({ after, given }: Candidate): Iterable<DomainProblem> {
  const { directory } = after;
  for (const tenant of directory.endpoints.keys()) {
    const at: DomainPlace = { kind: 'Endpoints', name: tenant, path: ['tenant'] };
    const document = directory.tenants.get(tenant);
    if (document === undefined) {
      yield unknown({ what: 'tenant', found: tenant, known: directory.tenants.keys(), at });
      continue;
    }
    for (const { name, segment, host } of endpointsOf(directory, tenant)) {
      const place = (key: string): DomainPlace => ({ ...at, path: ['endpoints', name, key] });
      if (!document.segments.includes(segment)) {
        const fallback: DomainPlace = { kind: 'Tenant', name: tenant, path: ['segments'] };
        yield {
          ...unknown({
            what: 'segment',
            found: segment,
            known: document.segments,
            at: pointAt(given, place('segment'), fallback),
          }),
          message: `endpoint ${name} of ${tenant} is in segment ${segment}, which ${tenant} does not have`,
        };
      }
      if (!directory.hosts.has(host)) {
        yield unknown({ what: 'host', found: host, known: directory.hosts.keys(), at: place('host') });
      }
    }
  }
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
