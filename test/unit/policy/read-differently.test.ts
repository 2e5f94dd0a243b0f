import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMap, isScalar, parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { readYaml } from '../../../src/policy/yaml/read-yaml.ts';
import { describeBadDocuments } from './bad-document.ts';
import { read } from './folders.ts';

/** A value without quotes that is a text to YAML 1.2; undefined for any other way to write one. */
function plainText(written: string): string | undefined {
  const { contents, errors } = parseDocument(`key: ${written}`);
  const value = errors.length === 0 && isMap(contents) ? contents.items[0]?.value : undefined;
  return isScalar(value) && value.type === 'PLAIN' && typeof value.value === 'string'
    ? value.value
    : undefined;
}

/**
 * As a reader of YAML 1.1 takes it. This one makes a number that is none of e5, which is a text to the specification, to
 * other readers, and to people who number their endpoints.
 */
function asYaml11(text: string): unknown {
  const bare = text.trim();
  if (/^[-+]?[eE]/.test(bare)) return plainText(text);
  // Addresses are taken as they stand: as a number they are none.
  if (isIPv6(bare) || /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(bare)) return plainText(text);
  const value = z.record(z.string(), z.unknown()).parse(parse(`key: ${text}`, { version: '1.1' }))['key'];
  // Names such as y and on stay names.
  return typeof value === 'boolean' ? plainText(text) : value;
}

const doubtsOf = (text: string): number =>
  readYaml('any.yaml', text).documents.flatMap(({ doubts }) => doubts).length;

const words = [
  'y',
  'N',
  'yes',
  'No',
  'ON',
  'off',
  'oFF',
  '<<',
  '=',
  '2026-01-01',
  'T00:00:00',
  ' 1:2:3',
  'Z',
  '+01:00',
];
const pieces = fc.oneof(
  fc.constantFrom(...'0 1 2 3 4 5 6 7 8 9 : _ . + - e E x b o t T Z a f'.split(' '), ' ', ...words),
);
const written = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
  fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 }).map((parts) => parts.join(':')),
  fc
    .array(fc.nat(255), { minLength: 6, maxLength: 6 })
    .map((parts) => parts.map((part) => part.toString(16).padStart(2, '0')).join(':')),
);

describe('a text without quotes', () => {
  test('given any, then it is doubtful where a reader of YAML 1.1 takes it for something else, and nowhere else', () => {
    fc.assert(
      fc.property(written, (text) => {
        const plain = plainText(text);
        fc.pre(plain !== undefined);

        expect([text, doubtsOf(`key: ${text}`)]).toEqual([text, asYaml11(text) === plain ? 0 : 1]);
        expect([text, doubtsOf(`key: [${JSON.stringify(text)}]`)]).toEqual([text, 0]);
      }),
      { numRuns: 5_000 },
    );
  });

  test('given addresses, names that are truth values elsewhere, a time with its offset and a number, then they are taken as they are', async () => {
    const { problems } = await read({
      'a.yaml': `
{ kind: Endpoints, tenant: a, endpoints: [{ name: w, segment: s, ip: "10.0.0.1", mac: 02:00:0a:01:00:0b, host: h, interface: vm-1 }, { name: n, segment: y, ip: 1:2:3:4:5:6:7:8, mac: 12:34:56:12:34:56, host: on, interface: off }] }
---
{ tenant: a, egress: [{ destination: b, ports: [443], expires: 2026-12-31T17:00:00Z, guard: CHG-1 }] }`,
    });
    expect(problems).toEqual([]);
  });

  test('given a fault beside it, then both are told', async () => {
    const { problems } = await read({ 'a.yaml': 'kind: Policy\ntenant: 0b11\negres: []' });
    expect(problems.map(({ place }) => place.keyPath)).toEqual(['tenant', 'egres']);
  });
});

const endpoint = (more: string): string =>
  `kind: Endpoints\ntenant: a\nendpoints:\n  - { name: w, segment: s, host: h, ${more} }`;
const rule = (more: string): string => `tenant: a\negress:\n  - { destination: b, ${more} }`;
const [ip, mac] = ['ip: 10.0.0.1', 'mac: "02:00:0a:00:00:01"'];

describeBadDocuments('a value that YAML versions read differently', [
  ...[
    {
      text: 'tenant: 0b11\negress: []',
      line: 1,
      keyPath: 'tenant',
      found: '0b11',
      reading: 'a number in base 2',
    },
    ...[
      { found: '1_000', reading: 'a number' },
      { found: '1:20', reading: 'a number in base 60' },
      { found: '1:20.5', reading: 'a number in base 60' },
      { found: '0_17', reading: 'a number in base 8' },
      { found: '0x1_f', reading: 'a number in base 16' },
      { found: '2026-01-01', reading: 'a time' },
    ].map(({ found, reading }) => ({
      ...{ text: endpoint(`${ip}, ${mac}, interface: ${found}`), line: 4, keyPath: 'endpoints[0].interface' },
      ...{ found, reading },
    })),
    ...['1_000', '0b101', '4_711', '12:30:45', '2026-01-01T00:00:00Z'].map((found) => ({
      ...{ text: rule(`guard: ${found}`), line: 3, keyPath: 'egress[0].guard', found },
      reading: /^\d+_/.test(found) ? 'a number' : '',
    })),
  ].map(({ reading, ...rest }) => ({
    ...rest,
    given: `${rest.found} at ${rest.keyPath}`,
    says: `YAML 1.1 reads this as ${reading}`,
    nearest: `"${rest.found}"`,
  })),
]);
