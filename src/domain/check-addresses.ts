import { segmentOf, tenantOf } from '../../events/names.ts';
import { endpointsOf, segmentsOf } from '../../projections/directory/directory.ts';
import { grantsOf } from '../../projections/intended/grants.ts';
import type { Intended } from '../../projections/intended/intended.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';

/**
 * Whoever may exchange packets with two segments must find one holder of an address only. Tenants that never meet may
 * use the same addresses. No two externals may have an equal CIDR. Judged as if every bound rule were open.
 */
export function* checkAddresses(candidate: Candidate): Iterable<DomainProblem> {
  yield* equalCidrs(candidate);
  const { after, given } = candidate;
  const holders = holdersBySegment(after);
  const reported = new Set<string>();
  for (const [viewer, seen] of neighbours(after)) {
    const holderOf = new Map<string, Holder>();
    for (const holder of [...seen].flatMap((segment) => holders.get(segment) ?? [])) {
      const other = holderOf.get(holder.ip);
      holderOf.set(holder.ip, holder);
      if (other === undefined || other.segment === holder.segment) continue;
      const pair = `${holder.ip} ${[other.endpoint, holder.endpoint].sort().join(' ')}`;
      if (reported.has(pair)) continue;
      reported.add(pair);
      yield ambiguous({ given, viewer, first: other, second: holder });
    }
  }
}

interface Holder {
  readonly ip: string;
  readonly tenant: string;
  readonly name: string;
  readonly endpoint: string;
  readonly segment: string;
}

function holdersBySegment({ directory }: Intended): Map<string, Holder[]> {
  const bySegment = new Map<string, Holder[]>();
  for (const tenant of directory.endpoints.keys()) {
    for (const { name, segment: own, ips } of endpointsOf(directory, tenant)) {
      const segment = segmentOf(tenant, own);
      const held = ips.map((ip) => ({ ip, tenant, name, endpoint: segmentOf(tenant, name), segment }));
      const known = bySegment.get(segment);
      if (known === undefined) bySegment.set(segment, held);
      else known.push(...held);
    }
  }
  return bySegment;
}

/** What each segment and external may exchange packets with, either way, a segment's own self included. */
function neighbours(after: Intended): Map<string, Set<string>> {
  const seen = new Map<string, Set<string>>();
  const see = (viewer: string, other: string): void => {
    seen.set(viewer, (seen.get(viewer) ?? new Set()).add(other));
  };
  for (const tenant of after.directory.tenants.keys()) {
    for (const segment of segmentsOf(after.directory, tenant)) see(segment, segment);
  }
  for (const { from, to } of grantsOf(after, 'always')) {
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
