import { canonicalBytes, canonicalText, digestOf } from '../../events/canonical.ts';
import type { DomainEvent } from '../../events/catalogue.ts';
import { refOf, type Document, type DocumentRef, type Endpoints } from '../../events/documents.ts';
import type { Endpoint } from '../../events/estate.ts';
import type { Intended } from '../../projections/intended/intended.ts';

/** What an apply makes of one document. */
export interface DocumentChange extends DocumentRef {
  readonly change: 'added' | 'changed' | 'unchanged';
}

/** How many bytes of endpoints one EndpointsChanged may hold: well below an entry's limit, envelope included. */
const partBytesMax = 48 * 1024;

/** Containers before what they contain, so that the log reads from the ground up. */
const order = ['Shard', 'Host', 'External', 'Tenant', 'Endpoints', 'Policy'] as const;

/** The documents in the order in which they are recorded, whatever the order in which they came. */
export function inOrder(documents: Iterable<Document>): Document[] {
  const rank = (document: Document): string =>
    `${String(order.indexOf(document.kind))}/${refOf(document).name}`;
  return [...documents].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The events that put a document in force, none where it already is, and what that makes of the document. */
export function recordDocument(
  before: Intended,
  document: Document,
): { change: DocumentChange; events: DomainEvent[] } {
  const known = inForce(before, document);
  const same = known !== undefined && canonicalText(known) === canonicalText(comparable(document));
  const change = known === undefined ? 'added' : same ? 'unchanged' : 'changed';
  const events = same ? [] : eventsOf(before, document, known === undefined ? 'Registered' : 'Changed');
  return { change: { ...refOf(document), change }, events };
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
  return parts(put, [...known.keys()]).map((part) => ({
    type: 'EndpointsChanged',
    data: { tenant, ...part },
  }));
}

/** Deals endpoints and names out into parts of at most partBytesMax; one part even where there is nothing to deal. */
function parts(
  put: readonly Endpoint[],
  removed: readonly string[],
): { put: Endpoint[]; removed: string[] }[] {
  let part: { put: Endpoint[]; removed: string[] } = { put: [], removed: [] };
  let bytes = 0;
  const dealt = [part];
  const make = (item: unknown): typeof part => {
    bytes += canonicalBytes(item).length + 1;
    if (bytes <= partBytesMax) return part;
    bytes = canonicalBytes(item).length + 1;
    part = { put: [], removed: [] };
    dealt.push(part);
    return part;
  };
  for (const name of removed) make(name).removed.push(name);
  for (const endpoint of put) make(endpoint).put.push(endpoint);
  return dealt;
}
