import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { envelope } from './entry.ts';
import { digest } from './names.ts';
import { schemaName, streamSchemasName } from './schema-names.ts';

/** The catalogue as a page for people: one row a kind of event. */
export function renderCatalogue(): string {
  const rows = Object.entries(catalogue).map(
    ([type, { version, meaning }]) =>
      `| ${type} | ${String(version)} | ${meaning} | [schema](json-schema/${type}.json) |`,
  );
  return [
    '# Catalogue of events',
    '',
    'Generated from `catalogue.ts` by `npm run generate`; a test keeps it true. Around every event stands the',
    '[envelope](json-schema/envelope.json).',
    '',
    '| event | version | meaning | data |',
    '|---|---|---|---|',
    ...rows,
    '',
    'Events that were recorded together are one batch, and take effect together, with the last of them. A batch of which',
    'entries of another one follow before its `count` is reached is **void**: its entries stay in the ledger, and nothing that',
    'they say holds, for any reader. Whoever reads stored entries (`tail --format entries`) must hold a batch back until its',
    'last entry is there. `tail --format cloudevents` does so, and gives the entries of a void batch, for the sake of an',
    'unbroken `sequence`, as events of type `isoledger.void.v1`, whose `data` has the `batch` and the type that each',
    '`wouldHaveBeen`. The `dataschema` of a CloudEvent names its schema in [cloudevents.json](json-schema/cloudevents.json). Only a store whose writes are limited can hold void batches (EventStoreDB, and copies of such a ledger).',
    '',
  ].join('\n');
}

/**
 * JSON Schemas (draft 2020-12) for consumers in other languages: the data of each event by type, `envelope`, and what
 * CloudEvents carry, `cloudevents`.
 */
export function renderJsonSchemas(): Map<string, string> {
  const schemas: [string, object][] = [
    ['envelope', z.toJSONSchema(envelope)],
    ['cloudevents', streamSchemas()],
    ...Object.entries(catalogue).map(([type, { version, schema }]): [string, object] => [
      type,
      { $id: schemaName(type, version), ...z.toJSONSchema(schema) },
    ]),
  ];
  return new Map(schemas.map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
}

/** The `data` of a CloudEvent of each kind: that of the kind is its `event`. */
function streamSchemas(): object {
  const kinds = Object.entries(catalogue).map(([type, { version }]) => {
    const event = { $ref: schemaName(type, version) };
    return [`${type}.v${String(version)}`, { $ref: '#/$defs/recorded', properties: { event } }] as const;
  });
  const definitions = {
    recorded: within(recordedData),
    'void.v1': within(voidData),
    'heartbeat.v1': within(heartbeatData),
    ...Object.fromEntries(kinds),
  };
  return { $id: streamSchemasName, $schema: z.toJSONSchema(recordedData).$schema, $defs: definitions };
}

/** A schema within another one, which says for both of which draft they are. */
function within(schema: z.ZodType): object {
  return Object.fromEntries(Object.entries(z.toJSONSchema(schema)).filter(([key]) => key !== '$schema'));
}

const recordedData = envelope
  .pick({ tenant: true, effectiveAt: true, batch: true, actor: true, reason: true, source: true })
  .extend({ event: z.record(z.string(), z.unknown()) });

const voidData = z.strictObject({ batch: envelope.shape.batch, wouldHaveBeen: envelope.shape.type });

const heartbeatData = z.strictObject({ size: z.int().min(0), root: digest });
