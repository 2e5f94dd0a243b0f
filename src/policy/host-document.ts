import { address } from './addresses.ts';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header } from './fields.ts';
import { hostName, name } from './names.ts';
import type { Parsed } from './parsed.ts';

const hostFields = fieldSet({ ...header, host: hostName, shard: name, tunnelIp: address });

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
