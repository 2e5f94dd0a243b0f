import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { defined } from '../../events/codec/defined.ts';
import type { DocumentReader } from '../policy/document-reader.ts';
import { textForm, wordForm, type FieldDoc, pathForm } from '../policy/field-doc.ts';
import { fieldSet, list } from '../policy/fields.ts';
import { Flaw } from '../policy/flaw.ts';
import { formatNames } from '../siem/formats/named.ts';
import { natsDefaults, type NatsSettings } from '../siem/nats-settings.ts';

const file = z.string().min(1).exactOptional();

/** A server as it is written: no scheme, and no password, which would be read by whoever reads the file. */
const serverPattern = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[1-9]\d{0,4}$/;

function fileDoc(says: string, absent: string, alsoCalled: readonly string[]): FieldDoc {
  return { says, form: pathForm(), example: 'nats.secret', absent, alsoCalled };
}

function numberDoc(
  says: string,
  words: string,
  rest: Pick<FieldDoc, 'example' | 'absent' | 'default'>,
): FieldDoc {
  return { says, form: { is: 'value', words, json: { type: 'integer' } }, ...rest };
}

export const natsFields = fieldSet(
  {
    servers: list,
    user: z.string().min(1).exactOptional(),
    passwordFile: file,
    tokenFile: file,
    credentialsFile: file,
    nkeyFile: file,
    ca: file,
    certificate: file,
    privateKey: file,
    replicas: z.literal([1, 3, 5]).exactOptional(),
    leaseSeconds: z.int().min(3).max(600).exactOptional(),
    maxAgeDays: z.int().min(1).max(36_500).exactOptional(),
    format: z.enum(formatNames).exactOptional(),
  },
  {
    servers: {
      says: 'The servers of one cluster; any of them will do.',
      form: { is: 'list', of: textForm('HOST:PORT', serverPattern), itemsMin: 1 },
      example: ['nats-1.example:4222'],
      alsoCalled: ['server', 'url', 'urls', 'address'],
    },
    user: {
      says: 'The name that this side is let in by, with passwordFile.',
      form: textForm('a name'),
      example: 'isoledger',
      absent: 'none is shown',
      alsoCalled: ['username', 'name'],
    },
    passwordFile: fileDoc('A file with the password of user.', 'none is shown', ['password', 'pass']),
    tokenFile: fileDoc('A file with a token.', 'none is shown', ['token']),
    credentialsFile: fileDoc('A .creds file: a JWT and its seed.', 'none is shown', ['credentials', 'creds']),
    nkeyFile: fileDoc('A file with the seed of an nkey.', 'none is shown', ['nkey', 'seed']),
    ca: fileDoc('The certificate of the authority that signed those of the servers.', 'no TLS is asked for', [
      'caFile',
      'caCertificate',
    ]),
    certificate: fileDoc('The certificate that servers are shown.', 'none is shown', ['cert', 'certFile']),
    privateKey: fileDoc('The key that belongs to certificate.', 'none', ['key', 'keyFile']),
    replicas: numberDoc('How many servers keep each message and each lease.', '1, 3 or 5', {
      example: 3,
      default: natsDefaults.replicas,
    }),
    leaseSeconds: numberDoc(
      'How long a role stays taken after its holder has ended without giving it back.',
      'seconds, 3 to 600',
      { example: 20, default: natsDefaults.leaseSeconds },
    ),
    maxAgeDays: numberDoc('How long the stream keeps a message.', 'days, 1 to 36500', {
      example: 3_650,
      absent: 'for ever',
    }),
    format: {
      says: 'How entries are written in the stream. One that holds messages keeps the format that it began with.',
      form: wordForm(formatNames),
      example: 'cloudevents',
      default: natsDefaults.format,
    },
  },
);

/** Reads the section `nats`; undefined where there is none. Paths are relative to a folder. What is wrong is reported to the reader. */
export function readNatsSection(
  reader: DocumentReader,
  { value, folder }: { value: unknown; folder: string },
): NatsSettings | undefined {
  if (value === undefined) return undefined;
  const { whole } = reader.fields(natsFields, value, ['nats']);
  if (whole === undefined) return undefined;
  const { servers, replicas, leaseSeconds, format, maxAgeDays, user, ...files } = whole;
  const addresses = reader.items(z.string(), servers, ['nats', 'servers']);
  for (const { value: server, index } of addresses)
    if (!serverPattern.test(server))
      reader.report(['nats', 'servers', index], new Flaw('this is no address', { allowed: 'HOST:PORT' }));
  if (addresses.length === 0)
    reader.report(['nats', 'servers'], new Flaw('there is no server', { allowed: 'one HOST:PORT at least' }));
  requireTogether(reader, { user, ...files });
  const from = (path: string | undefined): string | undefined =>
    path === undefined || isAbsolute(path) ? path : join(folder, path);
  const { passwordFile, tokenFile, credentialsFile, nkeyFile, ca, certificate, privateKey } = files;
  return {
    access: {
      servers: addresses.map((server) => server.value),
      ...defined({ user, passwordFile: from(passwordFile), tokenFile: from(tokenFile) }),
      ...defined({ credentialsFile: from(credentialsFile), nkeyFile: from(nkeyFile), ca: from(ca) }),
      ...defined({ certificate: from(certificate), privateKey: from(privateKey) }),
    },
    replicas: replicas ?? natsDefaults.replicas,
    leaseSeconds: leaseSeconds ?? natsDefaults.leaseSeconds,
    format: format ?? natsDefaults.format,
    ...defined({ maxAgeDays }),
  };
}

/** Keys that say nothing without another one, which they need. */
const needs = [
  ['user', 'passwordFile'],
  ['passwordFile', 'user'],
  ['certificate', 'privateKey'],
  ['privateKey', 'certificate'],
  ['certificate', 'ca'],
] as const;

type Needing = Readonly<Partial<Record<(typeof needs)[number][number], string | undefined>>>;

function requireTogether(reader: DocumentReader, given: Needing): void {
  for (const [key, needed] of needs)
    if (given[key] !== undefined && given[needed] === undefined)
      reader.report(
        ['nats', key],
        new Flaw(`this needs ${needed} beside it`, { allowed: `both, or neither` }),
      );
}
