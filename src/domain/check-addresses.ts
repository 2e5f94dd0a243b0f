import { segmentOf, tenantOf } from '../../events/names.ts';
import { endpointsOf, segmentsOf } from '../../projections/directory/directory.ts';
import { grantBetween, grantsOf } from '../../projections/intended/grants.ts';
import { namesOfHolder } from '../../projections/intended/name-index.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { isNothing } from '../../projections/intended/traffic.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { tenantsInScope } from './scope.ts';

/**
 * Whoever may exchange packets with two segments must find one holder of an address only. Tenants that never meet may
 * use the same addresses. No two externals may have an equal CIDR. Judged as if every bound rule were open.
 */
export function* checkAddresses(candidate: Candidate): Iterable<DomainProblem> {
  if (candidate.scope === undefined) yield* equalCidrs(candidate);
  const { given } = candidate;
  const reported = new Set<string>();
  for (const { viewer, first, second } of clashes(candidate)) {
    const pair = `${first.ip} ${[first.endpoint, second.endpoint].sort().join(' ')}`;
    if (reported.has(pair)) continue;
    reported.add(pair);
    yield ambiguous({ given, viewer, first, second });
  }
}

interface Holder {
  readonly ip: string;
  readonly tenant: string;
  readonly name: string;
  readonly endpoint: string;
  readonly segment: string;
}

/** Two holders of one address, in different segments, that somebody sees. */
interface Clash {
  readonly viewer: string;
  readonly first: Holder;
  readonly second: Holder;
}

/**
 * With a scope only what a change within it can have brought: what its members see, and what others see of its members
 * beside something else.
 */
function* clashes(candidate: Candidate): Generator<Clash> {
  const { after, scope } = candidate;
  const holders = (segment: string): Holder[] => holdersIn(after, segment);
  for (const [viewer, seen] of neighbours(candidate)) {
    const segments = [...seen];
    if (scope?.has(tenantOf(viewer) ?? viewer) ?? true)
      yield* clashesAmong(viewer, segments.flatMap(holders));
    else for (const holder of segments.flatMap(holders)) yield* clashesBeside(after, { viewer, holder });
  }
}

function* clashesAmong(viewer: string, holders: readonly Holder[]): Generator<Clash> {
  const holderOf = new Map<string, Holder>();
  for (const second of holders) {
    const first = holderOf.get(second.ip);
    holderOf.set(second.ip, second);
    if (first !== undefined && first.segment !== second.segment) yield { viewer, first, second };
  }
}

/**
 * Another holder of the same address that the viewer sees as well. Looked up by the address, or among all that the viewer
 * sees, whichever is less: many may have the address, and many may be seen.
 */
function* clashesBeside(
  after: Intended,
  { viewer, holder }: { viewer: string; holder: Holder },
): Generator<Clash> {
  const byAddress = after.directory.addresses.count(holder.ip) <= degreeOf(after, viewer);
  const others = byAddress ? holdersOf(after, holder.ip) : holdersSeen(after, viewer);
  for (const other of others) {
    if (other.ip !== holder.ip || other.segment === holder.segment) continue;
    if (!byAddress || sees(after, viewer, other.segment)) yield { viewer, first: other, second: holder };
  }
}

/** How many policies may say something of an end, roughly. */
function degreeOf({ directory, naming, policies }: Intended, end: string): number {
  const holder = tenantOf(end) ?? end;
  const own = policies.get(holder);
  const named = namesOfHolder(directory, holder).reduce((sum, name) => sum + naming.count(name), 0);
  return named + (own?.egress.length ?? 0) + (own?.ingress.length ?? 0);
}

function* holdersOf(after: Intended, ip: string): Generator<Holder> {
  for (const endpoint of after.directory.addresses.of(ip)) yield holderAt(after, { ip, endpoint });
}

function* holdersSeen(after: Intended, viewer: string): Generator<Holder> {
  yield* holdersIn(after, viewer);
  const seen = new Set<string>();
  for (const { from, to } of grantsOf(after, 'always', new Set([tenantOf(viewer) ?? viewer]))) {
    if (from === viewer) seen.add(to);
    if (to === viewer) seen.add(from);
  }
  for (const segment of seen) yield* holdersIn(after, segment);
}

function holdersIn({ directory }: Intended, segment: string): Holder[] {
  const tenant = tenantOf(segment);
  if (tenant === undefined) return [];
  return Array.from(endpointsOf(directory, tenant))
    .filter((endpoint) => segmentOf(tenant, endpoint.segment) === segment)
    .flatMap(({ name, ips }) =>
      ips.map((ip) => ({ ip, tenant, name, endpoint: segmentOf(tenant, name), segment })),
    );
}

function holderAt({ directory }: Intended, { ip, endpoint }: { ip: string; endpoint: string }): Holder {
  const tenant = tenantOf(endpoint) ?? endpoint;
  const name = endpoint.slice(tenant.length + 1);
  const segment = segmentOf(tenant, directory.endpoints.get(tenant)?.get(name)?.segment ?? '');
  return { ip, tenant, name, endpoint, segment };
}

function sees(after: Intended, viewer: string, segment: string): boolean {
  if (viewer === segment) return true;
  const ways = [
    { from: viewer, to: segment },
    { from: segment, to: viewer },
  ];
  return ways.some((ends) => !isNothing(grantBetween(after, ends, 'always')));
}

/**
 * What each segment and external may exchange packets with, either way, a segment's own self included. With a scope:
 * what its members see, whole; and of others what they see of its members.
 */
function neighbours(candidate: Candidate): Map<string, Set<string>> {
  const { after, scope } = candidate;
  const seen = new Map<string, Set<string>>();
  const see = (viewer: string, other: string): void => {
    seen.set(viewer, (seen.get(viewer) ?? new Set()).add(other));
  };
  for (const { tenant } of tenantsInScope(candidate)) {
    for (const segment of segmentsOf(after.directory, tenant)) see(segment, segment);
  }
  for (const { from, to } of grantsOf(after, 'always', scope)) {
    see(from, to);
    see(to, from);
  }
  return seen;
}

function ambiguous(of: {
  given: Candidate['given'];
  viewer: string;
  first: Holder;
  second: Holder;
}): DomainProblem {
  const { given, viewer, first, second } = of;
  const endpointPlace = ({ tenant, name }: Holder): DomainPlace => ({
    kind: 'Endpoints',
    name: tenant,
    path: ['endpoints', name, 'ip'],
  });
  const tenants = [...new Set([tenantOf(viewer) ?? viewer, first.tenant, second.tenant])];
  const at = pointAt(
    given,
    endpointPlace(second),
    endpointPlace(first),
    ...tenants.map((name): DomainPlace => ({ kind: 'Policy', name, path: [] })),
    ...tenants.map((name): DomainPlace => ({ kind: 'Tenant', name, path: [] })),
  );
  return {
    kind: 'refused',
    at,
    message:
      `${viewer} could not tell ${first.endpoint} (${first.segment}) from ${second.endpoint} (${second.segment}): both hold ${first.ip}. ` +
      'All segments that one segment may exchange packets with must have distinct addresses',
    found: first.ip,
  };
}

function* equalCidrs({ after, given }: Candidate): Iterable<DomainProblem> {
  const owners = new Map<string, string>();
  for (const { external, cidrs } of after.directory.externals.values()) {
    for (const cidr of cidrs) {
      const other = owners.get(cidr);
      owners.set(cidr, external);
      if (other === undefined) continue;
      const place = (name: string): DomainPlace => ({ kind: 'External', name, path: ['cidrs', cidr] });
      yield {
        kind: 'refused',
        at: pointAt(given, place(external), place(other)),
        message: `${other} and ${external} both claim ${cidr}: whose it is could not be told`,
        found: cidr,
      };
    }
  }
}
