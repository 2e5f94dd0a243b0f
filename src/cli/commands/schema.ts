import { Argument, type Command } from 'commander';
import { driverNames } from '../../compose/drivers.ts';
import { exampleDocument, fieldRows, type FieldRow } from '../../policy/reference/field-rows.ts';
import { schemaOfDocuments, schemaOfKind } from '../../policy/reference/json-schema.ts';
import { describedKinds, type DescribedKind } from '../../policy/reference/kinds.ts';
import { limitSentences } from '../../policy/reference/page.ts';
import { nearestName } from '../../runtime/nearest.ts';
import { UsageError } from '../../runtime/errors.ts';
import { ledgerCommand, type CommonOptions, type Shell } from '../command.ts';
import { lines, say, type Shown } from '../../words/shown.ts';
import { outJson, table } from '../io.ts';

export function schemaCommand({ io }: Shell): Command {
  const kinds = describedKinds({ drivers: driverNames });
  const names = kinds.map(({ kind }) => kind);
  return ledgerCommand('schema', {
    summary: 'every key of the documents: what it is for, whether it must be there, its default, an example',
    example: 'isoledger schema Policy',
    json: 'a JSON Schema, which editors take too',
  })
    .addArgument(
      new Argument('[kind]', 'a kind of document; all if left out').choices(names).argParser(String),
    )
    .action((kind: string | undefined, _options: unknown, command: Command) => {
      const { json } = command.optsWithGlobals<CommonOptions>();
      const chosen = kind === undefined ? kinds : [kindNamed(kind, kinds)];
      if (json === true) outJson(io, { formatVersion: 1, ...asSchema(chosen) });
      else io.out(kind === undefined ? allText(chosen) : say`${chosen.map(kindText)}`);
    });
}

function kindNamed(name: string, kinds: readonly DescribedKind[]): DescribedKind {
  const found = kinds.find(({ kind }) => kind.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = kinds.map(({ kind }) => kind);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}`;
  throw new UsageError(`there is no kind of document ${name}${hint}; there are: ${names.join(', ')}`);
}

function asSchema(chosen: readonly DescribedKind[]): object {
  const [only, ...more] = chosen;
  return only !== undefined && more.length === 0 ? schemaOfKind(only) : schemaOfDocuments(chosen);
}

function allText(kinds: readonly DescribedKind[]): Shown {
  const heading =
    'A folder holds documents of these kinds, in YAML or JSON. Keys that are not listed are refused.';
  const summary = table(
    ['KIND', 'IS'],
    kinds.map(({ kind, says }) => [kind, says]),
  );
  const limits = lines(limitSentences.map((sentence) => `  ${sentence}`));
  return say`${heading}\n\n${summary}\n${kinds.map((each) => say`${kindText(each)}\n`)}Limits\n\n${limits}`;
}

function kindText(described: DescribedKind): Shown {
  const { kind, says } = described;
  const example = exampleDocument(described).trimEnd().split('\n');
  return say`${kind}: ${says}\n\n${fieldRows(described).map(rowText)}  With every key:\n\n${lines(example.map((line) => `  ${line}`))}`;
}

function rowText(row: FieldRow): Shown {
  const { path, says, type, example } = row;
  return say`  ${path}  (${needOf(row)})\n      ${says}\n      ${type}\n      ${example}\n\n`;
}

function needOf({ leftOut }: FieldRow): string {
  if (leftOut === undefined) return 'required';
  return leftOut.value === undefined
    ? `optional; without it: ${leftOut.means ?? ''}`
    : `optional; default: ${leftOut.value}`;
}
