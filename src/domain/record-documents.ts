import { canonicalText, digestOf } from '../../events/codec/canonical.ts';
import type { DomainEvent } from '../../events/catalogue.ts';
import { refOf, type Document, type DocumentRef, type Endpoints } from '../../events/documents.ts';
import { dealOut } from '../../events/codec/parts.ts';
import type { Intended } from '../../projections/intended/intended.ts';

/** The effect of an apply on one document. */
export interface DocumentChange extends DocumentRef {
  readonly change: 'added' | 'changed' | 'unchanged' | 'removed';
}

/** A container comes before its contents, so that the log reads from the ground up. */
const order = ['Shard', 'Host', 'External', 'Tenant', 'Endpoints', 'Policy'] as const;

/** Sorts documents into the order in which they are recorded. Their order in the folder does not matter. */
export function inOrder(documents: Iterable<Document>): Document[] {
  const rank = (document: Document): string =>
    `${String(order.indexOf(document.kind))}/${refOf(document).name}`;
  return [...documents].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The events that put a document in force, and the change that they make. No events if it is in force already. */
export function recordDocument(
  before: Intended,
  document: Document,
): { change: DocumentChange; events: DomainEvent[] } {
  const known = inForce(before, document);
  const same = known !== undefined && canonicalText(known) === canonicalText(comparable(document));
  const change = same ? 'unchanged' : isThere(known) ? 'changed' : 'added';
  const events = same ? [] : eventsOf(before, document, known === undefined ? 'Registered' : 'Changed');
  return { change: { ...refOf(document), change }, events };
}

/** An empty inventory counts as none, since a removed inventory is kept as an empty one. */
function isThere(known: unknown): boolean {
  return typeof known === 'object' && known !== null && Object.keys(known).length > 0;
}

function inForce({ directory, policies }: Intended, document: Document): unknown {
  const { kind, name } = refOf(document);
  switch (kind) {
    case 'Shard':
      return directory.shards.get(name);
    case 'Host':
      return directory.hosts.get(name);
    case 'External':
      return directory.externals.get(name);
    case 'Tenant':
      return directory.tenants.get(name);
    case 'Policy':
      return policies.get(name);
    case 'Endpoints': {
      const endpoints = directory.endpoints.get(name);
      return endpoints === undefined ? undefined : Object.fromEntries(endpoints);
    }
  }
}

function comparable(document: Document): unknown {
  if (document.kind !== 'Endpoints') return document.value;
  return Object.fromEntries(document.value.endpoints.map((endpoint) => [endpoint.name, endpoint]));
}

function eventsOf(before: Intended, document: Document, verb: 'Registered' | 'Changed'): DomainEvent[] {
  switch (document.kind) {
    case 'Shard':
      return [{ type: `Shard${verb}`, data: document.value }];
    case 'Host':
      return [{ type: `Host${verb}`, data: document.value }];
    case 'External':
      return [{ type: `External${verb}`, data: document.value }];
    case 'Tenant':
      return [{ type: `Tenant${verb}`, data: document.value }];
    case 'Policy':
      return [{ type: 'PolicyEnacted', data: { policy: document.value, digest: digestOf(document.value) } }];
    case 'Endpoints':
      return endpointEvents(before, document.value);
  }
}

function endpointEvents({ directory }: Intended, { tenant, endpoints }: Endpoints): DomainEvent[] {
  const known = new Map(directory.endpoints.get(tenant));
  const put = endpoints.filter((endpoint) => {
    const before = known.get(endpoint.name);
    return before === undefined || canonicalText(before) !== canonicalText(endpoint);
  });
  for (const { name } of endpoints) known.delete(name);
  return dealOut({ put, removed: [...known.keys()] }).map((part) => ({
    type: 'EndpointsChanged',
    data: { tenant, ...part },
  }));
}

/**
 * The events that take documents out of force. Contents go before their container: a policy before its tenant,
 * endpoints before their host.
 */
export interface Removal {
  /** For policies and inventories. */
  readonly withdrawn: readonly DomainEvent[];
  /** For documents that declare a name: tenants, externals, hosts, shards. */
  readonly retired: readonly DomainEvent[];
}

/** Makes the events that take documents out of force, in the order of the log. */
export function removeDocuments(before: Intended, gone: readonly DocumentRef[]): Removal {
  const inReverse = [...gone].sort(
    (a, b) => order.indexOf(b.kind) - order.indexOf(a.kind) || (a.name < b.name ? -1 : 1),
  );
  const isWithdrawn = ({ kind }: DocumentRef): boolean => kind === 'Policy' || kind === 'Endpoints';
  const events = (refs: readonly DocumentRef[]): DomainEvent[] =>
    refs.flatMap((ref) => removalOf(before, ref));
  return {
    withdrawn: events(inReverse.filter(isWithdrawn)),
    retired: events(inReverse.filter((ref) => !isWithdrawn(ref))),
  };
}

function removalOf(before: Intended, { kind, name }: DocumentRef): DomainEvent[] {
  switch (kind) {
    case 'Policy':
      return [{ type: 'PolicyRevoked', data: { tenant: name } }];
    case 'Endpoints':
      return endpointEvents(before, { tenant: name, endpoints: [] });
    case 'Tenant':
      return [{ type: 'TenantRetired', data: { tenant: name } }];
    case 'External':
      return [{ type: 'ExternalRetired', data: { external: name } }];
    case 'Host': {
      const shard = before.directory.hosts.get(name)?.shard;
      /* v8 ignore next -- @preserve only hosts that are there are removed */
      return shard === undefined ? [] : [{ type: 'HostRetired', data: { host: name, shard } }];
    }
    case 'Shard':
      return [{ type: 'ShardRetired', data: { shard: name } }];
  }
}
