import { defined } from '../../events/codec/defined.ts';
import { address, addressForm } from './addresses.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, headerDocs } from './fields.ts';
import { hostName, hostNameForm, name, nameForm } from './names.ts';
import type { Parsed } from './parsed.ts';
import { openflowAddress, ovsdbAddress } from './switch-addresses.ts';

export const hostFields = fieldSet(
  {
    ...header,
    host: hostName,
    shard: name,
    tunnelIp: address,
    ovsdb: ovsdbAddress.field.exactOptional(),
    openflow: openflowAddress.field.exactOptional(),
  },
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
    ovsdb: {
      says: 'How the database of its switch is reached. A host of a shard of overlay ovs has it.',
      form: ovsdbAddress.form,
      example: 'unix:/run/openvswitch/db.sock',
      absent: 'no switch is known, and none is needed in an embedded overlay',
      alsoCalled: ['db', 'database', 'ovs', 'switch'],
    },
    openflow: {
      says: "How the flows of the shard's bridge on it are reached.",
      form: openflowAddress.form,
      example: 'ssl:192.0.2.11:6653',
      absent: "the bridge's own management socket, beside that of ovsdb; with ssl in ovsdb it is required",
      alsoCalled: ['of', 'flows', 'controller'],
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
      value: {
        host: whole.host,
        shard: whole.shard,
        tunnelIp: whole.tunnelIp,
        ...defined({ ovsdb: whole.ovsdb, openflow: whole.openflow }),
      },
    },
  };
}
