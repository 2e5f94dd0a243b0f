import { address, addressForm } from './addresses.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, headerDocs } from './fields.ts';
import { hostName, hostNameForm, name, nameForm } from './names.ts';
import type { Parsed } from './parsed.ts';

export const hostFields = fieldSet(
  { ...header, host: hostName, shard: name, tunnelIp: address },
  {
    ...headerDocs('Host'),
    host: {
      says: 'The name of the hypervisor.',
      form: hostNameForm,
      example: 'hv-1',
      alsoCalled: ['name', 'hostname', 'hypervisor', 'id'],
    },
    shard: { says: 'The shard that it belongs to.', form: nameForm, example: 'shard-1' },
    tunnelIp: {
      says: 'Its end of the tunnels of the overlay. The hosts of a shard have addresses of one family.',
      form: addressForm,
      example: '172.31.0.1',
      alsoCalled: ['ip', 'address', 'tunnel', 'vtep', 'underlayIp'],
    },
  },
);

/** Reads a Host document. */
export function parseHost(reader: DocumentReader, value: unknown): Parsed {
  const { whole, known } = reader.fields(hostFields, value, []);
  return {
    name: known?.host,
    identities: new Map(),
    document: whole && {
      kind: 'Host',
      value: { host: whole.host, shard: whole.shard, tunnelIp: whole.tunnelIp },
    },
  };
}
