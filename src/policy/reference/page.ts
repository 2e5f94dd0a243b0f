import { rulePairsMax } from '../../../events/estate-limits.ts';
import { documentFileBytesMax, eventBytesMax, policyRulesMax, tenantSegmentsMax } from '../limits.ts';
import { schemaOfDocuments, schemaOfKind } from './json-schema.ts';
import { exampleDocument, fieldRows, type FieldRow } from './field-rows.ts';
import type { DescribedKind } from './kinds.ts';

/** The limits of documents, a sentence each. */
export const limitSentences: readonly string[] = [
  `A file of documents has at most ${String(documentFileBytesMax)} bytes (1 MiB). A folder has no limit.`,
  `A policy has at most ${String(policyRulesMax)} rules, egress and ingress together.`,
  `A tenant has at most ${String(tenantSegmentsMax)} segments.`,
  `The rules of one tenant to another, or to an external, speak of at most ${String(rulePairsMax)} pairs of ends on either side: a pair counts for each rule that covers it.`,
  `A document takes at most ${String(eventBytesMax)} bytes in the ledger, where an entry has at most 65535 with its envelope. A list of endpoints is divided among entries, so only each endpoint has this limit.`,
];

/** The reference of all fields of all documents, as a page for people (Markdown). */
export function renderReference(kinds: readonly DescribedKind[]): string {
  return [
    '# Fields of documents',
    '',
    'Generated from the code that reads them, by `npm run generate`; a test keeps it true. `isoledger schema` prints the same,',
    'and with `--json` the [JSON Schema](json-schema/documents.json) that editors take. Other keys are refused.',
    '',
    ...kinds.flatMap((each) => referenceSection(each.kind, each)),
    '## Limits',
    '',
    ...limitSentences.map((sentence) => `- ${sentence}`),
    '',
  ].join('\n');
}

/** JSON Schemas of documents for editors, by name: one of any kind (`documents`), and one a kind. */
export function renderSchemas(kinds: readonly DescribedKind[]): Map<string, string> {
  const schemas = [
    ['documents', schemaOfDocuments(kinds)] as const,
    ...kinds.map((each) => [each.kind, schemaOfKind(each)] as const),
  ];
  return new Map(schemas.map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
}

/** The keys of a mapping as a part of a page: a table, and an example that has every key. `says` has no full stop. */
export function referenceSection(title: string, described: Pick<DescribedKind, 'says' | 'fields'>): string[] {
  const { says } = described;
  return [
    `## ${title}`,
    '',
    `${says.charAt(0).toUpperCase()}${says.slice(1)}.`,
    '',
    '| key | required | default, or what holds without it | example | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...fieldRows(described).map(rowOf),
    '',
    '```yaml',
    exampleDocument(described).trimEnd(),
    '```',
    '',
  ];
}

function leftOutOf({ leftOut }: FieldRow): string {
  return leftOut?.value === undefined ? (leftOut?.means ?? '') : `\`${leftOut.value}\``;
}

function rowOf(row: FieldRow): string {
  const cells = [
    `\`${row.path}\``,
    row.required ? 'yes' : '',
    leftOutOf(row),
    `\`${row.example}\``,
    `${row.says} ${row.type.charAt(0).toUpperCase()}${row.type.slice(1)}.`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
