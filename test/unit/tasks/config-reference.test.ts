import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configFields } from '../../../src/tasks/config-file.ts';
import {
  fieldsOfSinks,
  renderConfigReference,
  renderConfigSchema,
} from '../../../src/tasks/config-reference.ts';
import { readServiceConfig } from '../../../src/tasks/service-config.ts';
import { sinkKinds } from '../../../src/siem/sinks/settings.ts';

const room = new URL('../../../src/tasks/', import.meta.url);
const mapping = z.record(z.string(), z.unknown());
const schema = z.looseObject({ properties: mapping });

describe('the reference of the configuration', () => {
  it('is as npm run generate writes it', () => {
    expect(readFileSync(new URL('CONFIGURATION.md', room), 'utf8')).toBe(renderConfigReference());
    expect(readdirSync(new URL('json-schema/', room))).toEqual(['configuration.json']);
    expect(readFileSync(new URL('json-schema/configuration.json', room), 'utf8')).toBe(renderConfigSchema());
  });

  it('has examples that the service reads', () => {
    const parts = new Map(
      Array.from(
        renderConfigReference().matchAll(/^## (.+)$[^]*?^```yaml\n([^]*?)^```$/gm),
        ([, title = '', yaml = '']) => [title, yaml.replace(/^/gm, '  ').trimEnd()],
      ),
    );
    expect(parts.size).toBe(4 + sinkKinds.length);
    const sections = ['serve', 'nats', 'http'].map((name) => `${name}:\n${parts.get(name) ?? ''}`);
    const sinks = sinkKinds.map(
      (kind) => `  ${kind}:\n${(parts.get(`sinks.NAME of kind ${kind}`) ?? '').replace(/^/gm, '  ')}`,
    );
    const text = [...sections, 'sinks:', ...sinks].join('\n');
    const config = readServiceConfig({ path: 'isoledger.yaml', text });
    expect(config.sinks?.map(({ kind }) => kind)).toEqual(sinkKinds);
    expect(config.http?.files.token).toBeDefined();
    expect(config.nats?.access.servers).toHaveLength(1);
  });

  it('has a schema of every section, and of every kind of sink', () => {
    const { properties } = schema.parse(JSON.parse(renderConfigSchema()));
    expect(Object.keys(properties)).toEqual([...configFields.docs.keys()]);
    for (const section of ['serve', 'nats', 'http']) schema.parse(properties[section]);
    const sinks = z
      .looseObject({ additionalProperties: z.looseObject({ oneOf: z.array(schema) }) })
      .parse(properties['sinks']);
    expect(
      sinks.additionalProperties.oneOf.map((sink) => [sink.properties['kind'], Object.keys(sink.properties)]),
    ).toEqual(sinkKinds.map((kind) => [{ const: kind }, [...fieldsOfSinks[kind].docs.keys()]]));
  });

  it('says how a delivery is signed, and what syslog does not promise', () => {
    const page = renderConfigReference();
    expect(page).toMatch(/x-isoledger-signature` is `t=SECONDS,v1=HEX`: the HMAC-SHA-256/);
    expect(page).toMatch(/Nothing acknowledges above the connection.*best effort.*sinks check/);
    expect(page).toMatch(/at most 8 KiB/);
  });
});
