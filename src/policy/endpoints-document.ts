import { canonicalBytes } from '../../events/codec/canonical.ts';
import type { Endpoint } from '../../events/estate.ts';
import { address, addressList } from './addresses.ts';
import type { DocumentReader, Indexed } from './document-reader.ts';
import { fieldSet, header, list } from './fields.ts';
import { Flaw } from './flaw.ts';
import { eventBytesMax } from './limits.ts';
import { hostName, interfaceName, mac, name } from './names.ts';
import type { Parsed } from './parsed.ts';
import { compareText, type KeyPath } from './place.ts';

const endpointsFields = fieldSet({ ...header, tenant: name, endpoints: list });
const endpointFields = fieldSet({
  name: hostName,
  segment: name,
  ip: addressList,
  mac,
  host: hostName,
  interface: interfaceName,
});

/** Reads an Endpoints document. An empty list is legal and removes all endpoints of the tenant. */
export function parseEndpoints(reader: DocumentReader, value: unknown): Parsed {
  const { whole, known } = reader.fields(endpointsFields, value, []);
  const endpoints: Endpoint[] = [];
  const names: Indexed<string | undefined>[] = [];
  for (const [index, each] of (known?.endpoints ?? []).entries()) {
    const read = readEndpoint(reader, each, index);
    names.push({ value: read.name, index });
    if (read.endpoint !== undefined) endpoints.push(read.endpoint);
  }
  endpoints.sort((a, b) => compareText(a.name, b.name));
  return {
    name: known?.tenant,
    identities: new Map([['endpoints', reader.indexByName(['endpoints'], names, 'name')]]),
    document: whole && { kind: 'Endpoints', value: { tenant: whole.tenant, endpoints } },
  };
}

function readEndpoint(
  reader: DocumentReader,
  value: unknown,
  index: number,
): { name: string | undefined; endpoint: Endpoint | undefined } {
  const path = ['endpoints', index];
  const { whole, known } = reader.fields(endpointFields, value, path);
  const ipPath = [...path, 'ip'];
  const addresses = reader.items(address, known?.ip ?? [], ipPath);
  const ips = [...reader.indexByName(ipPath, addresses).keys()].sort(compareText);
  if (whole === undefined) return { name: known?.name, endpoint: undefined };
  const { segment, host } = whole;
  const endpoint = { name: whole.name, segment, ips, mac: whole.mac, host, interface: whole.interface };
  checkSize(reader, endpoint, ipPath);
  return { name: whole.name, endpoint };
}

/**
 * A list of endpoints is divided among events, so it has no limit in number. A single endpoint must fit into one
 * event.
 */
function checkSize(reader: DocumentReader, endpoint: Endpoint, ipPath: KeyPath): void {
  const bytes = canonicalBytes(endpoint).length;
  if (bytes <= eventBytesMax) return;
  const message = `this endpoint takes ${bytes} bytes in an event, at most ${eventBytesMax} are allowed: give it fewer addresses`;
  reader.report(
    ipPath,
    new Flaw(message, { found: `${bytes} bytes`, allowed: `at most ${eventBytesMax} bytes` }),
  );
}
