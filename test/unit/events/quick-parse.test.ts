import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue, type EventType } from '../../../events/catalogue.ts';
import { isEnvelope } from '../../../events/codec/decode.ts';
import { envelope } from '../../../events/entry.ts';
import { isKnown, quickParse } from '../../../events/codec/quick-parse.ts';
import { entryOf, samples } from './samples.ts';

/** The schema's own result, without the instance of its error. */
function judged(result: z.ZodSafeParseResult<unknown>): unknown {
  return result.success ? result : { success: false, issues: result.error.issues };
}

function expectSame(schema: z.ZodType, value: unknown): void {
  const quick = quickParse(schema)(value);
  const own = schema.safeParse(value);
  expect(judged(quick)).toEqual(judged(own));
  // Equal in the order of members too would be more than is promised; equal as JSON it must be.
  if (quick.success && own.success) expect(quick.data).toStrictEqual(own.data);
}

type Path = readonly (string | number)[];

/** Every place in a JSON value. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...path, name]))];
}

/** A copy in which something else, or nothing, stands at a place. */
function changed(value: unknown, [name, ...rest]: Path, other: unknown): unknown {
  if (name === undefined) return other;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === name ? changed(item, rest, other) : item));
  if (typeof value !== 'object' || value === null) return other;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => [
    key,
    key === name ? changed(member, rest, other) : member,
  ]);
  return Object.fromEntries(members.filter(([, member]) => member !== dropped));
}

const dropped = Symbol('dropped');
const others = fc.oneof(
  fc.constantFrom<unknown>(
    dropped,
    null,
    '',
    '*',
    'any',
    'acme/web',
    'UPPER',
    0,
    -1,
    1.5,
    2 ** 53,
    true,
    [],
    {},
  ),
  fc.constantFrom<unknown>(
    [[443, 443, 443]],
    [[0, 1]],
    ['x'],
    { more: 1 },
    'f'.repeat(300),
    '2026-02-30T00:00:00.000Z',
  ),
  fc.jsonValue({ maxDepth: 1 }),
);

const types = Object.values(samples).map(({ type }) => type);

describe('parsing quickly', () => {
  it.each(types)('knows every part of %s, and takes its sample', (type: EventType) => {
    const { schema } = catalogue[type];
    expect(isKnown(schema)).toBe(true);
    expectSame(schema, samples[type].data);
  });

  it.each(types)('judges %s, whatever is changed in it, as its schema does', (type: EventType) => {
    const { schema } = catalogue[type];
    const { data } = samples[type];
    fc.assert(
      fc.property(fc.constantFrom(...placesIn(data)), others, (place, other) => {
        expectSame(schema, changed(data, place, other));
      }),
      { numRuns: 200 },
    );
  });

  it('knows every part of the envelope, and judges it as its schema does', () => {
    expect(isKnown(envelope)).toBe(true);
    const actor = { name: 'ada', authenticated: 'asserted', account: 'sam' };
    const entry = { ...entryOf(samples.GrantLapsed), actor, idempotencyKey: 'k', source: 's' };
    expect(isEnvelope(entry)).toBe(true);
    expect(isEnvelope({ ...entry, correlation: undefined })).toBe(true);
    fc.assert(
      fc.property(fc.constantFrom(...placesIn(entry)), others, (place, other) => {
        expectSame(envelope, changed(entry, place, other));
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[what: string, data: unknown]>([
    ['a member called __proto__', JSON.parse('{"__proto__":{"a":1}}')],
    ['a member called constructor', { constructor: 1 }],
    ['an object of a class', new Map()],
  ])('leaves %s to the schema', (_what, data) => {
    expectSame(z.record(z.string(), z.unknown()), data);
    expectSame(z.strictObject({ a: z.string() }), data);
  });

  it.each<[what: string, schema: z.ZodType, values: readonly unknown[]]>([
    ['a default', z.string().default('x'), [undefined, 'y', 1]],
    ['a transformation', z.strictObject({ a: z.string().transform(Number) }), [{ a: '1' }, {}]],
    ['a change of the text', z.string().trim(), [' x ']],
    ['an object that is not strict', z.object({ a: z.string() }), [{ a: 'x', b: 1 }]],
    ['a union of which one part changes', z.union([z.string().trim(), z.string()]), [' x ']],
    [
      'a tuple with a rest',
      z.tuple([z.int()], z.string()),
      [
        [1, 'x', 'y'],
        [1, 2],
      ],
    ],
    ['a record of one kind', z.record(z.string(), z.int()), [{ a: 1 }, { a: 'x' }]],
    ['a record of some names', z.record(z.string().regex(/^a/), z.unknown()), [{ a: 1 }, { b: 1 }]],
    ['a bound that is left out', z.int().gt(1), [1, 2]],
    ['a number with a fraction', z.number(), [1.5, Infinity]],
    ['another format of number', z.int32(), [1, 2 ** 40]],
    ['a pattern with a memory', z.string().regex(/a/g), ['a', 'a', 'b']],
  ])('asks the schema where there is %s', (_what, schema, values) => {
    expect(isKnown(schema)).toBe(false);
    for (const value of values) expectSame(schema, value);
  });

  it.each<[what: string, schema: z.ZodType, values: readonly unknown[]]>([
    ['lengths', z.string().min(1).max(2), ['', 'a', 'ab', 'abc', 1]],
    [
      'lengths of lists',
      z.array(z.boolean()).min(1).max(2),
      [[], [true], [true, false, true], new Array(1), {}],
    ],
    ['bounds', z.int().min(1).max(3), [0, 1, 3, 4, 1.5, '1', Number.NaN]],
    ['a choice', z.union([z.literal('a'), z.enum(['b', 'c'])]), ['a', 'c', 'd', 1]],
    ['literals', z.literal(['a', 1]), ['a', 1, 'b']],
    ['a question of its own', z.string().refine((text) => text !== 'no'), ['yes', 'no', 1]],
    ['tuples', z.tuple([z.int(), z.string()]), [[1, 'x'], [1], [1, 'x', 2], 'x']],
    [
      'what may be left out',
      z.strictObject({ a: z.int().optional() }),
      [{}, { a: 1 }, { a: undefined }, { a: '' }],
    ],
    ['anything', z.strictObject({ a: z.unknown() }), [{ a: 1 }, { a: null }, {}]],
  ])('knows %s', (_what, schema, values) => {
    expect(isKnown(schema)).toBe(true);
    for (const value of values) expectSame(schema, value);
  });

  it('hands on what goes wrong in the schema itself', () => {
    const broken = z.string();
    Object.defineProperty(broken._zod, 'def', {
      get: () => {
        throw new TypeError('mine');
      },
    });
    expect(() => isKnown(broken)).toThrow(TypeError);
  });
});
