import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { mergePorts } from '../../../src/policy/ports.ts';
import { parseDocument } from '../../../src/policy/parse-document.ts';
import type { LocatedProblem } from '../../../src/policy/place.ts';
import { readYaml } from '../../../src/policy/yaml/read-yaml.ts';
import { estate, shuffled } from './estates.ts';
import { example } from './examples.ts';
import { read, type Files } from './folders.ts';
import { expectEqual } from '../../support/expect-equal.ts';
import { embeddedOnly } from '../../support/installation.ts';

/** Documents dealt out to files, each file as YAML or JSON. */
function dealt(documents: unknown, fileCount: number): Files {
  if (!Array.isArray(documents)) throw new TypeError('no list');
  const files = new Map<string, string>();
  for (const [index, document] of documents.entries()) {
    const file = `${index % fileCount}/documents.${index % 2 === 0 ? 'yaml' : 'json'}`;
    const text = file.endsWith('json')
      ? JSON.stringify(document)
      : stringify(document, { compat: 'yaml-1.1' });
    files.set(file, `${files.get(file) ?? ''}---\n${text}\n`);
  }
  return Object.fromEntries(files);
}

describe('order', () => {
  test('given files, documents, lists and keys in any order, then the documents are the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        estate,
        fc.nat(),
        fc.integer({ min: 1, max: 4 }),
        async (documents, seed, fileCount) => {
          const first = await read(dealt(documents, 1));
          const second = await read(dealt(shuffled(documents, seed), fileCount));

          expect(first.problems).toEqual([]);
          expect(second.problems).toEqual([]);
          expect(first.documents).toHaveLength(documents.length);
          expect(second.documents.map(({ document }) => document)).toEqual(
            first.documents.map(({ document }) => document),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('ports', () => {
  test('given any ranges, then the merged ones hold the same ports, sorted and apart', () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5 }))
      .map(([first, length]): [number, number] => [first, first + length]);
    const portsOf = (ranges: readonly (readonly [number, number])[]): Set<number> =>
      new Set(
        ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
      );
    fc.assert(
      fc.property(fc.array(range), (ranges) => {
        const before = structuredClone(ranges);
        const merged = mergePorts(ranges);

        expect(ranges).toEqual(before);
        expect([...portsOf(merged)]).toEqual([...portsOf(ranges)].sort((a, b) => a - b));
        merged.slice(1).forEach(([first], index) => {
          expect(first).toBeGreaterThan((merged.at(index)?.[1] ?? 0) + 1);
        });
      }),
    );
  });
});

function problemsOf(text: string): LocatedProblem[] {
  const { documents, problems } = readYaml('any.yaml', text);
  return [...problems, ...documents.flatMap((document) => parseDocument(document, embeddedOnly).problems)];
}

/** What every problem owes to its reader. */
function expectReadable(problems: readonly LocatedProblem[], text: string): void {
  const lineCount = text.split('\n').length;
  for (const { kind, message, found, allowed, nearest, place } of problems) {
    expectEqual(kind, 'input');
    const isLine = place.line >= 1 && place.line <= lineCount;
    if (!isLine) expect.fail(`there is no line ${String(place.line)}`);
    if (/invalid input|undefined|expected (string|array|object|number)|^$/i.test(message))
      expect.fail(`no words for people: ${message}`);
    if (!/./.test(found ?? '') || !/./.test(allowed ?? ''))
      expect.fail(`does not say what is found or allowed: ${message}`);
    for (const shown of [message, found, allowed, nearest, place.keyPath])
      if (/[\p{Cc}\p{Zl}]/u.test(shown ?? '')) expect.fail(`not to be shown: ${JSON.stringify(shown)}`);
  }
}

const words = [
  ...[
    'kind',
    'tenant',
    'egress',
    'ingress',
    'ports',
    'segments',
    'services',
    'vni',
    'Policy',
    'Tenant',
    'Shard',
  ],
  ...[
    'a',
    '"*"',
    '443',
    '10.0.0.1',
    'null',
    'true',
    '- ',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '---\n',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    ',',
    '*a',
    '&a ',
    '!!str ',
    '! ',
    '? ',
    '|\n',
    '>',
    '%YAML 1.1\n',
    '#',
    "'",
    '"',
    '\t',
    '\u0000',
    '\u202e',
    '__proto__',
  ],
];

describe('bad input', () => {
  test('given any bytes, then there are problems or documents, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const { documents, problems } = await read({ 'any.yaml': bytes });

        expect(documents.length + problems.length).toBeGreaterThan(0);
        expectReadable(problems, new TextDecoder().decode(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test('given words of the language in any order, then each problem can be read', () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (written) => {
        expectReadable(problemsOf(written), written);
      }),
      { numRuns: 3_000 },
    );
  });

  test('given good documents with one part replaced, then each problem can be read', () => {
    const change = fc.tuple(
      fc.nat(example.length),
      fc.nat(12),
      fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' })),
    );
    fc.assert(
      fc.property(change, ([at, length, inserted]) => {
        const written = example.slice(0, at) + inserted + example.slice(at + length);

        expectReadable(problemsOf(written), written);
      }),
      // The example leaves nothing readable among the segments that a service could name.
      { numRuns: 300, examples: [[[example.indexOf('web, database'), 4, '\0']]] },
    );
  });

  test('given any value in any field, then each problem can be read', () => {
    const fields = [
      'tenant',
      'segments',
      'services',
      'egress',
      'ingress',
      'qos',
      'cidrs',
      'gateway',
      'endpoints',
      'vnis',
    ];
    const kinds = ['Tenant', 'External', 'Endpoints', 'Host', 'Shard', 'Policy'];
    const document = fc.tuple(
      fc.constantFrom(...kinds),
      fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()),
    );
    fc.assert(
      fc.property(document, ([kind, written]) => {
        const text = JSON.stringify({ kind, ...written });

        expectReadable(problemsOf(text), text);
      }),
      { numRuns: 1_500 },
    );
  });
});
