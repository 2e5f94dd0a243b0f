import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { readEnvelope } from '../../../events/codec/decode.ts';
import { toCloudEvent, toVoidCloudEvent } from '../../../src/siem/formats/cloudevents.ts';
import { entryOf, samples } from '../events/samples.ts';

const schemaFile = z.looseObject({ $id: z.string() });
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

function schemaIn(name: string): z.infer<typeof schemaFile> {
  const url = new URL(`../../../events/json-schema/${name}.json`, import.meta.url);
  return schemaFile.parse(JSON.parse(readFileSync(url, 'utf8')));
}

const streamed = z
  .object({
    $id: z.string(),
    $defs: z.record(
      z.string(),
      z.custom<Exclude<JsonSchema, boolean>>((value) => typeof value === 'object'),
    ),
  })
  .parse(schemaIn('cloudevents'));
const carried = z.looseObject({ dataschema: z.string(), data: z.looseObject({}) });

/** The definition that a CloudEvent names as the schema of its data. */
function definitionOf(dataschema: string): Exclude<JsonSchema, boolean> | undefined {
  const [file, pointer = ''] = dataschema.split('#');
  expect(file).toBe(streamed.$id);
  expect(pointer).toMatch(/^\/\$defs\/[^/]+$/);
  return streamed.$defs[pointer.replace('/$defs/', '')];
}

describe('the schema that a CloudEvent names', () => {
  it.each(Object.values(samples))(
    'is there for $type, in its version, and describes what it carries',
    (sample) => {
      const bytes = canonicalBytes(entryOf(sample));
      const { dataschema, data } = carried.parse(toCloudEvent('id', { seq: 1, bytes }));
      const ownSchema = schemaIn(sample.type);
      expect(definitionOf(dataschema)).toEqual({
        $ref: '#/$defs/recorded',
        properties: { event: { $ref: ownSchema.$id } },
      });
      expect(dataschema).toMatch(new RegExp(`/${sample.type}\\.v\\d+$`));
      expect(ownSchema.$id.split(':').at(-1)).toBe(dataschema.split('.').at(-1));
      const recorded = streamed.$defs['recorded'] ?? {};
      expect(z.fromJSONSchema(recorded).parse(data)).toEqual(data);
      expect(() => z.fromJSONSchema(recorded).parse({ ...data, more: 1 })).toThrow();
    },
  );

  it('is there for entries without effect', () => {
    const stored = { seq: 1, bytes: canonicalBytes(entryOf(samples.GrantLapsed)) };
    const event = toVoidCloudEvent('id', { seq: 1, envelope: readEnvelope(stored) });
    const { dataschema, data } = carried.parse(event);
    expect(z.fromJSONSchema(definitionOf(dataschema) ?? false).parse(data)).toEqual(data);
  });
});
