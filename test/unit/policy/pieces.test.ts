import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMapping } from '../../../src/policy/mapping.ts';
import { parseDocument } from '../../../src/policy/parse-document.ts';
import { piecesOf, type Piece } from '../../../src/policy/yaml/pieces.ts';
import { readYaml } from '../../../src/policy/yaml/read-yaml.ts';
import { embeddedOnly } from '../../support/installation.ts';

/** What a text says, with the place of everything, and everything that is wrong with it. */
function told({ text, linesBefore }: Piece): { values: unknown[]; problems: unknown[] } {
  const { documents, problems } = readYaml('any.yaml', text, linesBefore);
  const parsed = documents.map((document) => parseDocument(document, embeddedOnly));
  return {
    values: documents.map(({ value, source }, index) => ({
      value,
      places: [[], ...keysOf(value)].map((path) => [source.placeOf(path), source.written(path)]),
      about: parsed[index]?.about,
      document: parsed[index]?.sourced?.document,
    })),
    problems: [...problems, ...documents.flatMap((each) => [...each.problems, ...each.doubts])],
  };
}

function keysOf(value: unknown): string[][] {
  return isMapping(value) ? Object.keys(value).map((key) => [key]) : [];
}

const lines = [
  ...[
    '---',
    '--- ',
    '---\t',
    '---\r',
    '--- # words',
    '--- {a: b}',
    '--- |',
    '--- "',
    '---a',
    ' ---',
    '- ---',
  ],
  ...['...', '... ', '%YAML 1.2', '%YAML 1.1', '%TAG ! !x', '# words', '#---', '', ' ', '\t', '\r', '\ufeff'],
  ...[
    'a: b',
    'b: c',
    'a: |',
    'a: >-',
    'a: "',
    'a: "x',
    '"',
    "a: '",
    "'",
    'a: {',
    '}',
    'a: [',
    ']',
    '? a',
    ': b',
  ],
  ...[
    '  c: d',
    '  words',
    'words',
    '- 1',
    '  - 2',
    '&x a',
    '*x',
    '!t a',
    '\u2028---',
    'a: \u2028',
    '\ufeff---',
  ],
  ...[
    'kind: Tenant',
    'tenant: acme',
    'segments: [web]',
    'segments:',
    '  - web',
    'a: 010',
    'a: 1_0',
    '[',
    '{',
  ],
];

test('the pieces of a text are the text, and each line stands where it stood', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), (some) => {
      const text = some.join('\n');
      const pieces = piecesOf(text);
      const parts = pieces.map((piece, index) =>
        index < pieces.length - 1 ? piece.text.slice(0, -'---\n'.length) : piece.text,
      );
      expect(parts.join('')).toBe(text);
      for (const [index, { linesBefore }] of pieces.entries())
        expect(linesBefore).toBe(parts.slice(0, index).join('').split('\n').length - 1);
    }),
  );
});

test('pieces without fault hold the documents of the whole, which has none either, and know its places', () => {
  let divided = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...lines) }, fc.constant('---')), {
        maxLength: 12,
      }),
      fc.constantFrom('\n', '\n', '\r\n'),
      (some, end) => {
        const text = some.join(end);
        const pieces = piecesOf(text).map(told);
        if (pieces.some(({ problems }) => problems.length > 0)) return;
        if (pieces.length > 1) divided += 1;
        const whole = told({ text, linesBefore: 0 });
        expect(whole).toEqual({ values: pieces.flatMap(({ values }) => values), problems: [] });
      },
    ),
    { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 1_000) * 5 },
  );
  expect(divided).toBeGreaterThan(100);
}, 60_000);

test('a fault before another document is no less one in a piece', () => {
  const [first = { text: '', linesBefore: 0 }] = piecesOf('segments:\n\t\n---\n');
  expect(told(first).problems).toMatchObject([
    { message: 'this is not YAML: Tabs are not allowed as indentation' },
  ]);
});

test('what reaches beyond a document leaves a text whole', () => {
  const two = (between: string): number => piecesOf(`a: b\n${between}---\nc: d\n`).length;
  expect([two(''), two('...\n'), two('%YAML 1.2\n'), two('# ...\n')]).toEqual([2, 1, 1, 2]);
  expect(piecesOf('%YAML 1.2\n---\na: b\n---\nc: d')).toHaveLength(1);
});
