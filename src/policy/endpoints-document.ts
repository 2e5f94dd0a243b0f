import { canonicalBytes } from '../../events/codec/canonical.ts';
import type { Endpoint } from '../../events/estate.ts';
import { address, addressForm, addressList } from './addresses.ts';
import type { DocumentReader, Indexed } from './document-reader.ts';
import { wholeExample } from './field-doc.ts';
import { fieldSet, header, headerDocs, list } from './fields.ts';
import { Flaw } from './flaw.ts';
import { eventBytesMax } from './limits.ts';
import {
  hostName,
  hostNameForm,
  interfaceForm,
  interfaceName,
  mac,
  macForm,
  name,
  nameForm,
} from './names.ts';
import type { Parsed } from './parsed.ts';
import { compareText, type KeyPath } from './place.ts';

const endpointFields = fieldSet(
  { name: hostName, segment: name, ip: addressList, mac, host: hostName, interface: interfaceName },
  {
    name: { says: 'The name of the workload, one of its tenant.', form: hostNameForm, example: 'web-1' },
    segment: { says: 'The segment of its tenant that it is in.', form: nameForm, example: 'web' },
    ip: {
      says: 'Its address, or a list of its addresses. It may send from no other.',
      form: { is: 'list', of: addressForm, itemsMin: 1, orSingle: true },
      example: '10.1.0.11',
      alsoCalled: ['ips', 'address', 'addresses'],
    },
    mac: {
      says: 'Its MAC address. In quotes, since YAML versions read some of them as numbers.',
      form: macForm,
      example: '02:00:0a:01:00:0b',
    },
    host: {
      says: 'The host that it runs on.',
      form: hostNameForm,
      example: 'hv-1',
      alsoCalled: ['hypervisor', 'node'],
    },
    interface: {
      says: 'The interface of that host that it is plugged into.',
      form: interfaceForm,
      example: 'vm-web-1',
      alsoCalled: ['port', 'nic', 'if'],
    },
  },
);

export const endpointsFields = fieldSet(
  { ...header, tenant: name, endpoints: list },
  {
    ...headerDocs('Endpoints'),
    tenant: {
      says: 'The tenant whose workloads these are.',
      form: nameForm,
      example: 'acme-corp',
      alsoCalled: ['name'],
    },
    endpoints: {
      says: 'All workloads of the tenant. An empty list removes the last of them.',
      form: { is: 'list', of: { is: 'mapping', fields: endpointFields }, itemsMin: 0 },
      example: [wholeExample(endpointFields)],
      alsoCalled: ['workloads', 'items'],
    },
  },
);

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
