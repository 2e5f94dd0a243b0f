import { z } from 'zod';
import { catalogue } from './catalogue.ts';
import { envelope } from './entry.ts';

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
    '`wouldHaveBeen`. Only a store whose writes are limited can hold void batches (EventStoreDB, and copies of such a ledger).',
    '',
  ].join('\n');
}

/** JSON Schemas (draft 2020-12) for consumers in other languages: the data of each event by type, and `envelope`. */
export function renderJsonSchemas(): Map<string, string> {
  const schemas: [string, z.ZodType][] = [
    ['envelope', envelope],
    ...Object.entries(catalogue).map(([type, { schema }]): [string, z.ZodType] => [type, schema]),
  ];
  return new Map(
    schemas.map(([name, schema]) => [name, `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`]),
  );
}
