import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import type { DescribedFields, Form } from '../../../src/policy/field-doc.ts';
import { isMapping } from '../../../src/policy/mapping.ts';
import { exampleDocument } from '../../../src/policy/reference/field-rows.ts';
import { schemaOfDocuments, schemaOfKind } from '../../../src/policy/reference/json-schema.ts';
import { describedKinds, type DescribedKind } from '../../../src/policy/reference/kinds.ts';
import { renderReference, renderSchemas } from '../../../src/policy/reference/page.ts';
import { matches } from '../../oracle/json-schema.ts';
import { driverNames } from '../../../src/compose/drivers.ts';
import { estate } from './estates.ts';
import { read } from './folders.ts';

type Path = readonly (string | number)[];
type Json = Readonly<Record<string, unknown>>;

const kinds = describedKinds({ drivers: driverNames });
const room = new URL('../../../src/policy/', import.meta.url);

/** A document with every key that is documented, at every depth. */
function full({ docs }: DescribedFields): Json {
  return Object.fromEntries([...docs].map(([key, { form, example }]) => [key, fullValue(form, example)]));
}

function fullValue(form: Form, example: unknown): unknown {
  if (form.is === 'mapping') return full(form.fields);
  return form.is === 'list' && form.of.is === 'mapping' ? [full(form.of.fields)] : example;
}

/** The mappings of a document, by path, with what is said of their keys. */
function mappings(fields: DescribedFields, path: Path): { path: Path; fields: DescribedFields }[] {
  const below = [...fields.docs].flatMap(([key, { form }]) => {
    if (form.is === 'mapping') return mappings(form.fields, [...path, key]);
    return form.is === 'list' && form.of.is === 'mapping' ? mappings(form.of.fields, [...path, key, 0]) : [];
  });
  return [{ path, fields }, ...below];
}

/** The value with one part changed; an undefined part is left out. */
function changed(value: unknown, [step, ...below]: Path, change: (part: unknown) => unknown): unknown {
  if (step === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === step ? changed(item, below, change) : item));
  if (!isMapping(value)) throw new TypeError(`no mapping above ${String(step)}`);
  const part = changed(value[step], below, change);
  const others = Object.entries(value).filter(([key]) => key !== step);
  return Object.fromEntries(part === undefined ? others : [...others, [String(step), part]]);
}

const readers: readonly [
  name: string,
  judge: (kind: DescribedKind, document: unknown) => Promise<boolean>,
][] = [
  ['the reader', async (_kind, document) => (await read({ 'a.yaml': yaml(document) })).problems.length === 0],
  ['the schema of its kind', (kind, document) => Promise.resolve(matches(schemaOfKind(kind), document))],
  [
    'the schema of documents',
    (_kind, document) => Promise.resolve(matches(schemaOfDocuments(kinds), document)),
  ],
];

/** As YAML without aliases, which documents may not have. */
function yaml(document: unknown): string {
  return stringify(document, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
}

describe.each(kinds.map((kind) => [kind.kind, kind] as const))('the reference of %s', (_name, kind) => {
  const whole = full(kind.fields);
  const parts = mappings(kind.fields, []);

  test.each(readers)('%s takes every documented key, at every depth', async (_reader, judge) => {
    expect(await judge(kind, whole)).toBe(true);
    for (const document of parseAllDocuments(exampleDocument(kind)))
      expect(await judge(kind, document.toJS())).toBe(true);
  });

  test.each(readers)('%s refuses keys that are not documented', async (_reader, judge) => {
    for (const { path } of parts) {
      const more = changed(whole, path, (part) => ({ ...(isMapping(part) ? part : {}), remark: 'x' }));
      expect([path, await judge(kind, more)]).toEqual([path, false]);
    }
  });

  test.each(readers)('%s asks for the required keys and no others', async (_reader, judge) => {
    for (const { path, fields } of parts) {
      for (const key of fields.docs.keys()) {
        const without = changed(whole, [...path, key], () => undefined);
        expect([path, key, await judge(kind, without)]).toEqual([path, key, !fields.required.includes(key)]);
      }
    }
  });

  test('the reader reads a key that is left out as its default', async () => {
    for (const { path, fields } of parts) {
      for (const [key, doc] of fields.docs) {
        if (doc.default === undefined) continue;
        const [written, without] = [() => doc.default, () => undefined].map((change) =>
          yaml(changed(whole, [...path, key], change)),
        );
        const documents = await Promise.all(
          [written, without].map(async (text = '') => {
            const { documents: found } = await read({ 'a.yaml': text });
            return found.map(({ document }) => document);
          }),
        );
        expect(documents[0]).toHaveLength(1);
        expect(documents[0]).toEqual(documents[1]);
      }
    }
  });

  test('says what holds where an optional key is left out, and knows other words for keys apart', () => {
    for (const { fields } of parts) {
      const others = [...fields.docs.values()].flatMap(({ alsoCalled = [] }) => alsoCalled);
      expect(new Set([...others, ...fields.docs.keys()]).size).toBe(others.length + fields.docs.size);
      for (const [key, doc] of fields.docs) {
        const says = doc.default !== undefined || doc.absent !== undefined;
        expect([key, says]).toEqual([key, !fields.required.includes(key)]);
      }
    }
  });
});

test('given any documents without fault, then the schema takes them', () => {
  const schema = schemaOfDocuments(kinds);
  fc.assert(
    fc.property(estate, (documents) => {
      for (const document of documents) {
        const implied =
          'tenant' in document && !('kind' in document) ? { kind: 'Policy', ...document } : document;
        expect([implied, matches(schema, implied)]).toEqual([implied, true]);
      }
    }),
    { numRuns: 30 },
  );
});

test('the page and the schemas are as npm run generate writes them', () => {
  expect(readFileSync(new URL('REFERENCE.md', room), 'utf8')).toBe(renderReference(kinds));
  const schemas = renderSchemas(kinds);
  const files = [...schemas.keys()].map((name) => `${name}.json`).sort();
  expect(readdirSync(new URL('json-schema/', room)).sort()).toEqual(files);
  for (const [name, text] of schemas)
    expect(readFileSync(new URL(`json-schema/${name}.json`, room), 'utf8')).toBe(text);
});
