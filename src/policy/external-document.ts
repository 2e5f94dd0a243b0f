import { defined } from '../../events/codec/defined.ts';
import { z } from 'zod';
import { classification } from '../../events/names.ts';
import { cidr } from './addresses.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, list } from './fields.ts';
import { hostName, interfaceName, mac, name } from './names.ts';
import type { Parsed } from './parsed.ts';
import { compareText } from './place.ts';

const externalFields = fieldSet({
  ...header,
  external: name,
  classification: classification.default('internal'),
  cidrs: list.min(1),
  gateway: z.unknown().exactOptional(),
});

const gatewayFields = fieldSet({ host: hostName, interface: interfaceName, mac: mac.exactOptional() });

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
