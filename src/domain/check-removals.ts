import type { DocumentRef } from '../../events/documents.ts';
import { endpointsOf } from '../../projections/directory/directory.ts';
import { peerNamed } from '../../projections/directory/peers.ts';
import { namesOfHolder } from '../../projections/intended/name-index.ts';
import { segmentOf } from '../../events/names.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { peerKey, rulesOf, wordsFor } from './check-rules.ts';
import { policiesOf } from './scope.ts';

/** Refuses to remove a document while another document still names it, and lists the users. */
export function* checkRemovals(
  candidate: Candidate,
  removed: readonly DocumentRef[],
): Iterable<DomainProblem> {
  for (const ref of removed) {
    const users = [...usersOf(candidate, ref)];
    const [first, ...others] = users;
    if (first === undefined) continue;
    const places = others.map(({ place }) => place);
    yield {
      kind: 'input',
      at: pointAt(candidate.folder, first.place, ...places),
      message: `${ref.kind} ${ref.name} is gone from the folder and cannot be removed yet, for it is still in use: by ${users.map(({ what }) => what).join(', ')}. Keep the document, or change its users first`,
      found: ref.name,
      allowed: 'removal of what nothing in force names any longer',
    };
  }
}

/** A use of a document that is to be removed. */
interface User {
  readonly what: string;
  readonly place: DomainPlace;
}

function* usersOf(candidate: Candidate, { kind, name }: DocumentRef): Generator<User> {
  switch (kind) {
    case 'Tenant':
      yield* ownDocuments(candidate, name);
      yield* rulesNaming(candidate, name);
      return;
    case 'External':
      yield* rulesNaming(candidate, name);
      return;
    case 'Host':
      yield* seatsOn(candidate, name);
      return;
    case 'Shard':
      yield* standingOn(candidate, name);
      return;
    case 'Endpoints':
    case 'Policy':
      // No document can name a policy or a list of endpoints.
      return;
  }
}

/**
 * Documents of the tenant itself that are still in the folder. They would go with the tenant, although they were to
 * stay.
 */
function* ownDocuments({ folder }: Candidate, tenant: string): Generator<User> {
  const own = [
    { kind: 'Policy', name: tenant, what: `the policy of ${tenant}` },
    { kind: 'Endpoints', name: tenant, what: `the endpoints of ${tenant}` },
  ] as const;
  for (const { kind, name, what } of own) {
    if (folder.has({ kind, name })) yield { what, place: { kind, name, path: ['tenant'] } };
  }
}

/**
 * Rules that name a tenant, an external, or one of its services or segments. A name that another document takes over
 * does not count.
 */
function* rulesNaming({ before, after }: Candidate, holder: string): Generator<User> {
  const orphaned = namesOfHolder(before.directory, holder).filter(
    (name) => peerNamed(after.directory, name) === undefined,
  );
  const names = new Set(orphaned);
  const namers = new Set(orphaned.flatMap((name) => [...after.naming.of(name)]));
  for (const policy of policiesOf(after, [...namers].sort())) {
    for (const sided of rulesOf(policy)) {
      if (!names.has(sided.names)) continue;
      yield {
        what: wordsFor(policy, sided),
        place: sided.place(peerKey(sided.side)),
      };
    }
  }
}

/** Endpoints and gateways that sit on a host. */
function* seatsOn({ after: { directory } }: Candidate, host: string): Generator<User> {
  for (const { external, gateway } of directory.externals.values()) {
    if (gateway?.host !== host) continue;
    const place: DomainPlace = { kind: 'External', name: external, path: ['gateway', 'host'] };
    yield { what: `the gateway of ${external}`, place };
  }
  for (const tenant of [...directory.endpoints.keys()].sort()) {
    for (const endpoint of endpointsOf(directory, tenant)) {
      if (endpoint.host !== host) continue;
      const path = ['endpoints', endpoint.name, 'host'];
      yield {
        what: `endpoint ${segmentOf(tenant, endpoint.name)}`,
        place: { kind: 'Endpoints', name: tenant, path },
      };
    }
  }
}

/** Hosts of a shard, and tenants on it by their document or by placement. */
function* standingOn({ after: { directory } }: Candidate, shard: string): Generator<User> {
  for (const host of directory.hosts.values()) {
    if (host.shard === shard)
      yield { what: `host ${host.host}`, place: { kind: 'Host', name: host.host, path: ['shard'] } };
  }
  for (const tenant of directory.tenants.values()) {
    if (tenant.shard !== shard && directory.placements.get(tenant.tenant) !== shard) continue;
    yield {
      what: `tenant ${tenant.tenant}`,
      place: { kind: 'Tenant', name: tenant.tenant, path: ['shard'] },
    };
  }
}
