import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import { classification } from '../../events/names.ts';
import { cidr, cidrForm } from './addresses.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, headerDocs, list } from './fields.ts';
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
import { classificationDoc } from './classification-doc.ts';
import type { Parsed } from './parsed.ts';
import { compareText } from './place.ts';

const gatewayFields = fieldSet(
  { host: hostName, interface: interfaceName, mac: mac.exactOptional() },
  {
    host: { says: 'The host on which it enters the overlay.', form: hostNameForm, example: 'hv-1' },
    interface: {
      says: 'The interface of that host.',
      form: interfaceForm,
      example: 'ext-vpn',
      alsoCalled: ['port', 'nic', 'if'],
    },
    mac: {
      says: 'The MAC address of its next hop.',
      form: macForm,
      example: '02:00:0a:00:00:01',
      absent: 'none is needed in an embedded overlay',
    },
  },
);

export const externalFields = fieldSet(
  {
    ...header,
    external: name,
    classification: classification.default('internal'),
    cidrs: list.min(1),
    gateway: z.unknown().exactOptional(),
  },
  {
    ...headerDocs('External'),
    external: {
      says: 'The name of the external. Tenants, services and externals share one namespace.',
      form: nameForm,
      example: 'vpn-gateway',
      alsoCalled: ['name', 'id'],
    },
    classification: classificationDoc,
    cidrs: {
      says: 'The addresses that are outside under this name. The longest prefix that matches wins. One without a length is one address.',
      form: { is: 'list', of: cidrForm, itemsMin: 1 },
      example: ['198.51.100.0/24'],
      alsoCalled: ['prefixes', 'addresses', 'networks', 'ip', 'subnets'],
    },
    gateway: {
      says: 'Where it enters the overlay.',
      form: { is: 'mapping', fields: gatewayFields },
      example: { host: 'hv-1', interface: 'ext-vpn', mac: '02:00:0a:00:00:01' },
      absent: 'the external exists in the intended lane only',
    },
  },
);

/** Reads an External document. */
export function parseExternal(reader: DocumentReader, value: unknown): Parsed {
  const { whole, known } = reader.fields(externalFields, value, []);
  const cidrs = reader.items(cidr, known?.cidrs ?? [], ['cidrs']);
  const indexes = reader.indexByName(['cidrs'], cidrs);
  const gateway =
    known?.gateway === undefined ? undefined : reader.fields(gatewayFields, known.gateway, ['gateway']).whole;
  return {
    name: known?.external,
    identities: new Map([['cidrs', indexes]]),
    document: whole && {
      kind: 'External',
      value: {
        external: whole.external,
        classification: whole.classification,
        cidrs: [...indexes.keys()].sort(compareText),
        ...defined({ gateway }),
      },
    },
  };
}
