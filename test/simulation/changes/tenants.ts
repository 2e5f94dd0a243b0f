import { ofKind, type WrittenDocument, type WrittenTenant } from '../../bench/estate/documents.ts';
import { vaultSegment, withDocument } from '../../bench/estate/estate.ts';
import { newEndpoint } from '../../bench/estate/inventory.ts';
import { changeTo, oneOf, type Changer } from './change.ts';
import { withoutNaming } from './policies.ts';

/** A tenant goes, with all that is its own and whatever named it. */
export const tenantGoes: Changer = (estate, random) => {
  const tenants = ofKind(estate.documents, 'Tenant');
  const tenant = oneOf(random, tenants);
  if (tenant === undefined || tenants.length < 3) return undefined;
  const own = estate.documents.filter(
    (document) => !('tenant' in document) || document.tenant !== tenant.tenant,
  );
  const documents = withoutNaming(own, namesOf(tenant));
  return changeTo(estate, { documents }, { kind: 'tenant goes', words: `${tenant.tenant} goes` });
};

/** The names by which rules may mean a tenant. */
function namesOf({ tenant, services = [] }: WrittenTenant): (name: string) => boolean {
  const offered = new Set(services.map(({ name }) => name));
  return (name) => name === tenant || name.startsWith(`${tenant}/`) || offered.has(name);
}

/** A tenant comes, perhaps under the name of one that went, with two segments and an endpoint in each. */
export const tenantComes: Changer = (estate, random) => {
  const hosts = ofKind(estate.documents, 'Host');
  const host = oneOf(random, hosts);
  const known = new Set(ofKind(estate.documents, 'Tenant').map(({ tenant }) => tenant));
  const former = [...estate.realms.keys()].filter((name) => name.startsWith('late-') && !known.has(name));
  const tenant = oneOf(random, former) ?? `late-${String(estate.portsIssued)}`;
  if (host === undefined || known.has(tenant) || known.size > tenantsMax) return undefined;
  const segments = ['web', 'app'];
  const first = estate.portsIssued;
  const endpoints = segments.map((segment, index) => ({
    ...newEndpoint(random, {
      segment,
      port: { number: first + index, host: host.host },
      address: first + index,
      withIpv6: estate.features.ipv6,
    }),
    // Names must not tell what something is.
    ...(index === 0 ? { name: segment } : {}),
  }));
  const added: WrittenDocument[] = [
    { kind: 'Tenant', tenant, segments, ...(random.chance(0.5) ? { shard: host.shard } : {}) },
    { kind: 'Endpoints', tenant, endpoints },
  ];
  const realms = new Map([...estate.realms, [tenant, estate.realms.get(tenant) ?? random.below(2)]]);
  const after = { documents: [...estate.documents, ...added], portsIssued: first + 2, realms };
  return changeTo(estate, after, { kind: 'tenant comes', words: `${tenant} comes` });
};

const tenantsMax = 9;

/** A segment comes; VNIs that were given back are given anew. */
export const segmentComes: Changer = (estate, random) => {
  const tenant = oneOf(random, ofKind(estate.documents, 'Tenant'));
  if (tenant === undefined || tenant.segments.length > 3) return undefined;
  const segment = ['mail', 'files', 'jobs', 'cache', 'queue'].find((name) => !tenant.segments.includes(name));
  if (segment === undefined) return undefined;
  const document = { ...tenant, segments: [...tenant.segments, segment] };
  const documents = withDocument(estate.documents, document);
  return changeTo(
    estate,
    { documents },
    { kind: 'segment comes', words: `${tenant.tenant}/${segment} comes` },
  );
};

/** A segment goes, with its endpoints, its services, and the rules about it. */
export const segmentGoes: Changer = (estate, random) => {
  const tenant = oneOf(random, ofKind(estate.documents, 'Tenant'));
  const open = tenant?.segments.filter((each) => each !== vaultSegment) ?? [];
  const segment = oneOf(random, open);
  if (tenant === undefined || segment === undefined || open.length < 2) return undefined;
  const services = (tenant.services ?? []).filter((service) => service.segment !== segment);
  const gone = new Set(
    (tenant.services ?? []).filter((each) => !services.includes(each)).map(({ name }) => name),
  );
  const left: WrittenTenant = { ...tenant, segments: tenant.segments.filter((each) => each !== segment) };
  if (services.length === 0) delete left.services;
  else left.services = services;
  const unnamed = withoutNaming(
    withoutOwnRules(withDocument(estate.documents, left), { tenant: tenant.tenant, segment }),
    (name) => name === `${tenant.tenant}/${segment}` || gone.has(name),
  );
  const documents = unnamed.map((document) => {
    if (document.kind !== 'Endpoints' || document.tenant !== tenant.tenant) return document;
    return { ...document, endpoints: document.endpoints.filter((each) => each.segment !== segment) };
  });
  const what = { kind: 'segment goes', words: `${tenant.tenant}/${segment} goes` };
  return changeTo(estate, { documents }, what);
};

/** Rules of a tenant's own that are about one of its segments alone. */
function withoutOwnRules(
  documents: readonly WrittenDocument[],
  of: { tenant: string; segment: string },
): WrittenDocument[] {
  const isOther = ({ segment }: { segment?: string }): boolean => segment !== of.segment;
  return documents.map((document) => {
    if (document.kind !== 'Policy' || document.tenant !== of.tenant) return document;
    const { egress, ingress, ...rest } = document;
    return {
      ...rest,
      ...(egress === undefined ? {} : { egress: egress.filter(isOther) }),
      ...(ingress === undefined ? {} : { ingress: ingress.filter(isOther) }),
    };
  });
}
