import { isAbsolute, join } from 'node:path';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { defined } from '../../events/codec/defined.ts';
import type { DocumentReader } from '../policy/document-reader.ts';
import { textForm, pathForm } from '../policy/field-doc.ts';
import { fieldSet } from '../policy/fields.ts';
import { Flaw } from '../policy/flaw.ts';

/** The address for health, metrics and the event feed. */
export interface HttpSection {
  readonly host: string;
  readonly port: number;
  /** Only this machine reaches it. */
  readonly isLoopback: boolean;
  /** Paths. */
  readonly files: HttpFiles;
}

/** Paths of files, relative to nothing any more. */
export interface HttpFiles {
  readonly tlsKey?: string;
  readonly tlsCertificate?: string;
  readonly clientCa?: string;
  readonly token?: string;
}

const listenWords = 'an IP address and a port, as 127.0.0.1:9464 or [::1]:9464';
const file = z.string().exactOptional();
const path = pathForm();

export const httpFields = fieldSet(
  {
    listen: z.string(),
    tlsKeyFile: file,
    tlsCertificateFile: file,
    clientCaFile: file,
    tokenFile: file,
  },
  {
    listen: {
      says: 'Where it is listened. An address that other machines reach asks for TLS, and for a token or certificates.',
      form: textForm(listenWords),
      example: '127.0.0.1:9464',
      alsoCalled: ['address', 'bind', 'host', 'port'],
    },
    tlsKeyFile: {
      says: 'The private key that belongs to the certificate. A path is relative to the file.',
      form: path,
      example: 'http-key.pem',
      absent: 'without TLS',
      alsoCalled: ['tlsKey', 'key', 'keyFile'],
    },
    tlsCertificateFile: {
      says: 'The certificate that whoever asks is shown.',
      form: path,
      example: 'http-certificate.pem',
      absent: 'without TLS',
      alsoCalled: ['tlsCertificate', 'certificate', 'certificateFile', 'tlsCertFile'],
    },
    clientCaFile: {
      says: 'The authority whose certificates those who ask have to show.',
      form: path,
      example: 'clients-ca.pem',
      absent: 'nobody has to show one',
      alsoCalled: ['clientCa', 'caFile', 'ca'],
    },
    tokenFile: {
      says: 'The file of the token that those who ask have to show: Authorization: Bearer TOKEN. It has at least 16 characters.',
      form: path,
      example: 'http-token',
      absent: 'nobody has to show one',
      alsoCalled: ['token', 'bearerTokenFile', 'secret'],
    },
  },
);

/** Reads the section `http`. What is wrong in it is reported to the reader. Undefined where nothing is to be listened at. */
export function readHttpSection(
  reader: DocumentReader,
  { value, folder }: { readonly value: unknown; readonly folder: string },
): HttpSection | undefined {
  if (value === undefined) return undefined;
  const { whole } = reader.fields(httpFields, value, ['http']);
  if (whole === undefined) return undefined;
  const address = addressIn(whole.listen);
  const wrong =
    address === undefined
      ? { key: 'listen', flaw: new Flaw('this is no address to listen at', { allowed: listenWords }) }
      : flawOf(whole, address);
  if (wrong !== undefined) reader.report(['http', wrong.key], wrong.flaw);
  if (address === undefined || wrong !== undefined) return undefined;
  const from = (name: string | undefined): string | undefined =>
    name && (isAbsolute(name) ? name : join(folder, name));
  return {
    ...address,
    files: defined({
      tlsKey: from(whole.tlsKeyFile),
      tlsCertificate: from(whole.tlsCertificateFile),
      clientCa: from(whole.clientCaFile),
      token: from(whole.tokenFile),
    }),
  };
}

/** What is wrong in the section as a whole, and the key at which to say so. */
function flawOf(
  { tlsKeyFile, tlsCertificateFile, clientCaFile, tokenFile }: z.infer<typeof httpFields.whole>,
  { isLoopback }: Pick<HttpSection, 'isLoopback'>,
): { readonly key: string; readonly flaw: Flaw } | undefined {
  const both = 'tlsKeyFile and tlsCertificateFile';
  const hasTls = tlsKeyFile !== undefined && tlsCertificateFile !== undefined;
  if (!hasTls && (tlsKeyFile ?? tlsCertificateFile) !== undefined) {
    const key = tlsKeyFile === undefined ? 'tlsCertificateFile' : 'tlsKeyFile';
    return { key, flaw: new Flaw('a key and its certificate go together', { allowed: both }) };
  }
  if (!hasTls && clientCaFile !== undefined)
    return {
      key: 'clientCaFile',
      flaw: new Flaw('certificates are shown by TLS', { allowed: `${both} too` }),
    };
  if (isLoopback || (hasTls && (clientCaFile ?? tokenFile) !== undefined)) return undefined;
  const words = 'other machines reach this address, and all that is recorded would be open to them';
  const allowed = `a loopback address, or ${both} with tokenFile or clientCaFile`;
  return { key: 'listen', flaw: new Flaw(words, { allowed }) };
}

function addressIn(text: string): Pick<HttpSection, 'host' | 'port' | 'isLoopback'> | undefined {
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? four ?? '';
  const port = Number(digits);
  if (isIP(host) !== (six === undefined ? 4 : 6) || port > 65_535) return undefined;
  return { host, port, isLoopback: ipaddr.process(host).range() === 'loopback' };
}
