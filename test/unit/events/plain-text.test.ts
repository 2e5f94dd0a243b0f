import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../events/codec/canonical.ts';
import { plainText } from '../../../events/codec/plain-text.ts';

const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);
const manyKeys = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`k${(index * 7) % 40}`, index]),
);

describe('the text of plain JSON', () => {
  it('is, byte for byte, what the library for RFC 8785 writes', () => {
    const strings = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('"', '\\', '\u2028', '\u007f'),
    );
    const value = fc.anything({
      key: strings,
      values: [strings, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()],
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(value, (any) => {
        fc.pre(any !== undefined);
        expect(plainText(any) ?? canonicalize(any)).toBe(canonicalize(any));
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[what: string, value: unknown, text: string]>([
    ['keys that look like numbers', { 10: 1, 9: 2, b: 3, a: 4 }, '{"10":1,"9":2,"a":4,"b":3}'],
    ['keys beyond the basic plane', { '\u{1f600}': 1, '\uffff': 2 }, '{"\u{1f600}":1,"\uffff":2}'],
    ['numbers', [-0, 1e21, 1e-7, 0.1, 333333333.33333329], '[0,1e+21,1e-7,0.1,333333333.3333333]'],
    ['escapes', ['\n', '"', '\\', '\u0001', '/'], String.raw`["\n","\"","\\","\u0001","/"]`],
    ['members that are undefined', { a: undefined, b: [null, true, false] }, '{"b":[null,true,false]}'],
    ['nothing', [[], {}, ''], '[[],{},""]'],
    [
      'members out of order',
      [{ b: [null, 'x'], a: { d: 1, c: true } }],
      '[{"a":{"c":true,"d":1},"b":[null,"x"]}]',
    ],
  ])('has %s as RFC 8785 does', (_what, value, text) => {
    expect(plainText(value)).toBe(text);
    expect(canonicalize(value)).toBe(text);
  });

  it('has many keys in order too', () => {
    expect(plainText(manyKeys)).toBe(canonicalize(manyKeys));
  });

  it('remembers names of members, but no more than its share', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `name-${index}`);
    for (const name of names) expect(plainText({ z: 1, [name]: 1 })).toBe(`{"${name}":1,"z":1}`);
    for (const name of names) expect(plainText({ z: 2, [name]: 2 })).toBe(`{"${name}":2,"z":2}`);
  });

  it.each<[what: string, value: unknown]>([
    ['a date', new Date(0)],
    ['what says how it is written', { toJSON: () => 'x' }],
    ['an object of a class', new Map()],
    ['a number that JSON lacks', [Number.NaN]],
    ['another one', { a: Infinity }],
    ['an array with a hole', [undefined]],
    ['half a character', ['\ud800']],
    ['half a character in a name', { '\udc00': 1 }],
    ['a number that JSON lacks, out of order', { b: Number.NaN, a: 1 }],
    ['half a character, out of order', { b: '\ud800', a: 1 }],
    ['a function', () => 1],
    ['a big integer', 1n],
    ['deep nesting', nested(65)],
  ])('is left to the library for %s', (_what, value) => {
    expect(plainText(value)).toBeUndefined();
  });

  it('goes as deep as any document, and the library beyond', () => {
    expect(plainText(nested(64))).toBe(canonicalize(nested(64)));
    expect(canonicalText(nested(500))).toBe(canonicalize(nested(500)));
  });
});
