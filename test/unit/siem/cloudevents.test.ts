import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cloudEvents } from '../../../src/siem/formats/cloudevents.ts';
import { samples } from '../events/samples.ts';
import { context, heartbeat, streamed } from './stream-sample.ts';

const schemaFile = z.looseObject({ $id: z.string() });
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

function schemaIn(name: string): z.infer<typeof schemaFile> {
  const url = new URL(`../../../events/json-schema/${name}.json`, import.meta.url);
  return schemaFile.parse(JSON.parse(readFileSync(url, 'utf8')));
}

const published = z
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
  expect(file).toBe(published.$id);
  expect(pointer).toMatch(/^\/\$defs\/[^/]+$/);
  return published.$defs[pointer.replace('/$defs/', '')];
}

describe('the schema that a CloudEvent names', () => {
  it.each(Object.values(samples))(
    'is there for $type, in its version, and describes what it carries',
    (sample) => {
      const { dataschema, data } = carried.parse(JSON.parse(cloudEvents.write(streamed(sample), context)));
      const ownSchema = schemaIn(sample.type);
      expect(definitionOf(dataschema)).toEqual({
        $ref: '#/$defs/recorded',
        properties: { event: { $ref: ownSchema.$id } },
      });
      expect(dataschema).toMatch(new RegExp(`/${sample.type}\\.v\\d+$`));
      expect(ownSchema.$id.split(':').at(-1)).toBe(dataschema.split('.').at(-1));
      const recorded = published.$defs['recorded'] ?? {};
      expect(z.fromJSONSchema(recorded).parse(data)).toEqual(data);
      expect(() => z.fromJSONSchema(recorded).parse({ ...data, more: 1 })).toThrow();
    },
  );

  it('is there for entries without effect, and for heartbeats', () => {
    const ofVoid = { ...streamed(samples.GrantLapsed), isVoid: true };
    for (const text of [cloudEvents.write(ofVoid, context), cloudEvents.heartbeat(heartbeat, context)]) {
      const { dataschema, data } = carried.parse(JSON.parse(text));
      expect(z.fromJSONSchema(definitionOf(dataschema) ?? false).parse(data)).toEqual(data);
    }
  });
});

describe('the attributes of a CloudEvent', () => {
  const attributesOf = (over: object): unknown =>
    JSON.parse(cloudEvents.write(streamed(samples.GrantLapsed, over), context));

  it('tell order as text, when it took effect, and who acted how', () => {
    const actor = { name: 'ada', authenticated: 'os-user' };
    expect(attributesOf({ actor, correlation: 'cab-7', causation: 'cab-6' })).toMatchObject({
      type: 'isoledger.grant-lapsed.v1',
      source: 'isoledger:a1b2c3d4',
      subject: 'tenant/acme',
      sequence: '00000000000000000041',
      time: '2026-12-31T17:00:00.000Z',
      recordedtime: '2026-03-01T12:00:00.000Z',
      partitionkey: 'acme',
      correlationid: 'cab-7',
      causationid: 'cab-6',
      authtype: 'user',
      authid: 'ada',
    });
  });

  it('have names that CloudEvents allows', () => {
    const names = Object.keys(z.looseObject({}).parse(attributesOf({ correlation: 'a', causation: 'b' })));
    expect(names.filter((name) => !/^[a-z0-9]{1,20}$/.test(name))).toEqual([]);
  });
});
