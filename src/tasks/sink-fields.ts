import { z } from 'zod';
import { textForm, wordForm, type FieldDoc, pathForm } from '../policy/field-doc.ts';
import { fieldSet } from '../policy/fields.ts';
import { formatNames, type FormatName } from '../siem/formats/named.ts';
import { defaultOcsfVersion, ocsfVersions } from '../siem/formats/ocsf/versions.ts';
import { sinkKinds, type SinkKind } from '../siem/sinks/settings.ts';

/** The format of a sink for which none is named: what its receivers read by themselves. */
export const formatsByDefault: Readonly<Record<SinkKind, FormatName>> = {
  file: 'cloudevents',
  webhook: 'cloudevents',
  syslog: 'syslog',
  hec: 'cloudevents',
  elasticsearch: 'ecs',
};

export const rotateMegabytesDefault = 100;
export const timeoutSecondsDefault = 30;

/** How a receiver of syslog may be spoken to. */
const transports = ['tls', 'tcp', 'udp'] as const;

const shared = {
  kind: z.enum(sinkKinds),
  format: z.enum(formatNames).exactOptional(),
  ocsfVersion: z.enum(ocsfVersions).exactOptional(),
};

/** What is said of the keys that every sink has. */
function sharedDocs(kind: SinkKind): Readonly<Record<keyof typeof shared, FieldDoc>> {
  return {
    kind: { says: 'What takes the events.', form: wordForm(sinkKinds), example: kind, alsoCalled: ['type'] },
    format: {
      says: 'How each event is written.',
      form: wordForm(formatNames),
      example: formatsByDefault[kind],
      default: formatsByDefault[kind],
    },
    ocsfVersion: {
      says: 'The version of OCSF, where that is the format.',
      form: wordForm(ocsfVersions),
      example: defaultOcsfVersion,
      default: defaultOcsfVersion,
    },
  };
}

function pathDoc(says: string, rest: Partial<FieldDoc> & Pick<FieldDoc, 'example'>): FieldDoc {
  return {
    says: `${says} A path is relative to the configuration.`,
    form: pathForm(),
    ...rest,
  };
}

/** A whole number between two bounds, both included. */
function numberDoc(
  says: string,
  [least, most]: readonly [number, number],
  rest: Pick<FieldDoc, 'example' | 'default' | 'absent'>,
): FieldDoc {
  const json = { type: 'integer', minimum: least, maximum: most };
  return {
    says,
    form: { is: 'value', words: `a number, ${String(least)} to ${String(most)}`, json },
    ...rest,
  };
}

const megabytes = [1, 100_000] as const;
const files = [1, 1_000_000] as const;

export const fileFields = fieldSet(
  {
    ...shared,
    path: z.string().min(1),
    rotateMegabytes: z.int().min(megabytes[0]).max(megabytes[1]).exactOptional(),
    keepFiles: z.int().min(files[0]).max(files[1]).exactOptional(),
  },
  {
    ...sharedDocs('file'),
    path: pathDoc('The file to which a line is added for each event. Its folder has to be there.', {
      example: '/var/log/isoledger/events.ndjson',
      alsoCalled: ['file', 'filename'],
    }),
    rotateMegabytes: numberDoc('A file is set aside before it is larger.', megabytes, {
      example: rotateMegabytesDefault,
      default: rotateMegabytesDefault,
    }),
    keepFiles: numberDoc('How many files that were set aside are kept.', files, {
      example: 30,
      absent: 'all are kept',
    }),
  },
);

const text = z.string().min(1);
const optionalText = text.exactOptional();
const seconds = [1, 600] as const;

const tls = { ca: optionalText, certificate: optionalText, privateKey: optionalText };
const timeout = { timeoutSeconds: z.int().min(seconds[0]).max(seconds[1]).exactOptional() };
const http = { url: text, plaintext: z.boolean().exactOptional(), ...tls, ...timeout };

function nameDoc(says: string, rest: Partial<FieldDoc> & Pick<FieldDoc, 'example'>): FieldDoc {
  return { says, form: textForm('a text'), ...rest };
}

function yesDoc(says: string, alsoCalled: readonly string[]): FieldDoc {
  const form = { is: 'value', words: 'true or false', json: { type: 'boolean' } } as const;
  return { says, form, example: true, default: false, alsoCalled };
}

/** A secret is never in the configuration, which more people read. */
function secretDoc(says: string, absent: string | undefined, alsoCalled: readonly string[]): FieldDoc {
  const doc = pathDoc(says, { example: '/etc/isoledger/secret', alsoCalled });
  return absent === undefined ? doc : { ...doc, absent };
}

const tlsDocs: Readonly<Record<keyof typeof tls, FieldDoc>> = {
  ca: pathDoc('The certificate of the authority that signed that of the receiver.', {
    example: 'ca.pem',
    absent: 'those that come with Node.js are trusted',
    alsoCalled: ['caFile', 'caCertificate'],
  }),
  certificate: pathDoc('The certificate that the receiver is shown.', {
    example: 'isoledger.pem',
    absent: 'none is shown',
    alsoCalled: ['cert', 'certFile', 'clientCertificate'],
  }),
  privateKey: pathDoc('The key that belongs to certificate.', {
    example: 'isoledger-key.pem',
    absent: 'none',
    alsoCalled: ['key', 'keyFile'],
  }),
};

const timeoutDocs: Readonly<Record<keyof typeof timeout, FieldDoc>> = {
  timeoutSeconds: numberDoc('How long an answer may take before it is delivered again.', seconds, {
    example: timeoutSecondsDefault,
    default: timeoutSecondsDefault,
  }),
};

function httpDocs(example: string): Readonly<Record<keyof typeof http, FieldDoc>> {
  return {
    url: nameDoc('The address of the receiver, without a password.', {
      example,
      alsoCalled: ['address', 'uri', 'endpoint'],
    }),
    plaintext: yesDoc('Whether an address without TLS may be one of another machine.', [
      'insecure',
      'allowHttp',
    ]),
    ...tlsDocs,
    ...timeoutDocs,
  };
}

export const webhookFields = fieldSet(
  { ...shared, ...http, secretFile: optionalText },
  {
    ...sharedDocs('webhook'),
    ...httpDocs('https://siem.example/isoledger'),
    secretFile: secretDoc('A file with the secret by which deliveries are signed.', 'they are not signed', [
      'secret',
      'hmacSecret',
    ]),
  },
);

export const syslogFields = fieldSet(
  { ...shared, address: text, transport: z.enum(transports).exactOptional(), ...tls, ...timeout },
  {
    ...sharedDocs('syslog'),
    address: {
      says: 'The receiver. The port of TLS is 6514 by custom.',
      form: textForm('HOST:PORT'),
      example: 'siem.example:6514',
      alsoCalled: ['host', 'server', 'url'],
    },
    transport: {
      says: 'How it is spoken to. What is sent without TLS can be read and changed on the way.',
      form: wordForm(transports),
      example: 'tls',
      default: 'tls',
      alsoCalled: ['protocol'],
    },
    ...tlsDocs,
    ...timeoutDocs,
  },
);

export const hecFields = fieldSet(
  {
    ...shared,
    ...http,
    tokenFile: text,
    index: optionalText,
    source: optionalText,
    sourcetype: optionalText,
    acknowledged: z.boolean().exactOptional(),
  },
  {
    ...sharedDocs('hec'),
    ...httpDocs('https://splunk.example:8088'),
    tokenFile: secretDoc('A file with the token.', undefined, ['token']),
    index: nameDoc('The index.', { example: 'isoledger', absent: 'the one of the token' }),
    source: nameDoc('The source.', { example: 'isoledger', absent: 'isoledger:LEDGER' }),
    sourcetype: nameDoc('The source type.', { example: 'isoledger', absent: 'isoledger:FORMAT' }),
    acknowledged: yesDoc(
      'Whether an event counts only once the indexers say that they have it, which the token has to be made for.',
      ['ack', 'useAck', 'indexerAcknowledgement'],
    ),
  },
);

export const elasticsearchFields = fieldSet(
  {
    ...shared,
    ...http,
    index: text,
    apiKeyFile: optionalText,
    user: optionalText,
    passwordFile: optionalText,
  },
  {
    ...sharedDocs('elasticsearch'),
    ...httpDocs('https://elastic.example:9200'),
    index: nameDoc('The data stream, or the index.', {
      example: 'logs-isoledger-default',
      alsoCalled: ['dataStream', 'stream'],
    }),
    apiKeyFile: secretDoc('A file with an API key, as it is given encoded.', 'none is shown', ['apiKey']),
    user: nameDoc('The name that this side is let in by, with passwordFile.', {
      example: 'isoledger',
      absent: 'none is shown',
      alsoCalled: ['username'],
    }),
    passwordFile: secretDoc('A file with the password of user.', 'none is shown', ['password']),
  },
);
