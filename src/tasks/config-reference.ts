import type { DescribedFields, JsonSchema } from '../policy/field-doc.ts';
import { isMapping } from '../policy/mapping.ts';
import { dialect, mappingSchema } from '../policy/reference/json-schema.ts';
import { referenceSection } from '../policy/reference/page.ts';
import { sinkKinds, type SinkKind } from '../siem/sinks/settings.ts';
import { configFields } from './config-file.ts';
import { httpFields } from './http-section.ts';
import { natsFields } from './nats-section.ts';
import { serveFields } from './serve-section.ts';
import { elasticsearchFields, fileFields, hecFields, syslogFields, webhookFields } from './sink-fields.ts';

/** The keys of each kind of sink, by the field sets that read them. */
export const fieldsOfSinks: Readonly<Record<SinkKind, DescribedFields>> = {
  file: fileFields,
  webhook: webhookFields,
  syslog: syslogFields,
  hec: hecFields,
  elasticsearch: elasticsearchFields,
};

/** What is to be known of a kind of sink beside its keys: sentences. */
const aboutSinks: Readonly<Record<SinkKind, readonly string[]>> = {
  file: [
    'A line is on the disk before it counts as delivered. A file that is set aside is named by the last entry that it holds.',
  ],
  webhook: [
    'A request is a POST of lines, an event each, compressed by gzip. Any answer of 2xx acknowledges it; 400, 413, 415 and 422 say that an event is wrong, and stop the sink; all others are tried again, after `Retry-After` where it is there.',
    'With `secretFile` the header `x-isoledger-signature` is `t=SECONDS,v1=HEX`: the HMAC-SHA-256, by the secret, of `SECONDS.BODY`, with the body as it is before it is compressed. Compute it anew, compare in constant time, and refuse a time that is more than a few minutes off.',
    '`x-isoledger-first` and `x-isoledger-last` say the first and the last entry, `x-isoledger-ledger` the ledger, `x-isoledger-format` the format; a heartbeat has `x-isoledger-heartbeat: true` instead of the first two.',
  ],
  syslog: [
    'Nothing acknowledges above the connection: what was under way when it broke may be missing. That is best effort; `isoledger sinks check` shows what is missing, `isoledger sinks replay` brings it. Datagrams may also come in another order.',
    'By `tls` and `tcp` each message stands behind its length (RFC 5425, octet counting). A message of the format `syslog` has at most 8 KiB: long texts are cut, and ledger, seq and id say what was meant. Let the receiver take messages of 8 KiB; in other formats a message is as long as its event, up to 64 KiB and more.',
  ],
  hec: [
    'An event counts once the collector answers 200, and with `acknowledged` once the indexers have it. Events bear the indexed fields `event_id` and `seq`.',
  ],
  elasticsearch: [
    'Events are created by their id in a bulk, and each counts by its own item of the answer: a repetition is told apart. Give the key the right `create_doc` on the index.',
  ],
};

interface ConfigPart {
  readonly title: string;
  readonly says: string;
  readonly fields: DescribedFields;
  readonly about?: readonly string[];
}

const parts: readonly ConfigPart[] = [
  {
    title: 'The file',
    says: 'what every command reads, and the sections for `isoledger serve`',
    fields: configFields,
  },
  { title: 'serve', says: 'how `isoledger serve` works', fields: serveFields },
  {
    title: 'nats',
    says: 'the mirror in NATS JetStream, and leases of roles among machines',
    fields: natsFields,
    about: [
      '`user` and `passwordFile` go together, and so do `certificate` and `privateKey`, which need `ca`.',
    ],
  },
  {
    title: 'http',
    says: 'the address for health, metrics and the event feed',
    fields: httpFields,
    about: [
      'An address that other machines reach needs `tlsKeyFile` and `tlsCertificateFile`, and `tokenFile` or `clientCaFile`.',
    ],
  },
  ...sinkKinds.map((kind) => ({
    title: `sinks.NAME of kind ${kind}`,
    says: `a sink under a name of your own: a-z, 0-9, dots and dashes inside, 63 characters at most`,
    fields: fieldsOfSinks[kind],
    about: aboutSinks[kind],
  })),
];

/** The reference of all keys of the configuration, as a page for people (Markdown). */
export function renderConfigReference(): string {
  return [
    '# Keys of the configuration',
    '',
    'Generated from the code that reads them, by `npm run generate`; a test keeps it true. The file is YAML, named by `--config` or',
    '`ISOLEDGER_CONFIG`; editors take the [JSON Schema](json-schema/configuration.json). Other keys are refused, all of them at once, with the',
    'nearest one. Secrets stand in files of their own, never here; a path is relative to the file. `isoledger config check` says what would run.',
    '',
    ...parts.flatMap(({ title, about = [], ...part }) => [
      ...referenceSection(title, part),
      ...about.flatMap((sentence) => [sentence, '']),
    ]),
  ].join('\n');
}

/** The JSON Schema of a configuration file, as it is written. */
export function renderConfigSchema(): string {
  const whole = mappingSchema(configFields);
  const sections = {
    serve: mappingSchema(serveFields),
    nats: mappingSchema(natsFields),
    http: mappingSchema(httpFields),
    sinks: { type: 'object', additionalProperties: { oneOf: sinkKinds.map(schemaOfSink) } },
  };
  const properties = { ...propertiesOf(whole), ...sections };
  const schema: JsonSchema = {
    $schema: dialect,
    title: 'the configuration of isoledger',
    ...whole,
    properties,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function propertiesOf({ properties }: JsonSchema): Readonly<Record<string, unknown>> {
  return isMapping(properties) ? properties : {};
}

/** The kind tells which keys there may be. */
function schemaOfSink(kind: SinkKind): JsonSchema {
  const schema = mappingSchema(fieldsOfSinks[kind]);
  return { ...schema, properties: { ...propertiesOf(schema), kind: { const: kind } } };
}
