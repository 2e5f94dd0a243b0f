import { defined } from '../../../events/codec/defined.ts';
import { flow, type DescribedFields, type FieldDoc, type Form } from '../field-doc.ts';
import type { DescribedKind } from './kinds.ts';

/** A key of a document, as it is shown to people. */
export interface FieldRow {
  /** Keys from the document's root: `egress[].destination`. */
  readonly path: string;
  readonly required: boolean;
  /** How a value is written, in words. */
  readonly type: string;
  /** The value, or in words what holds, where the key is left out; undefined for a key that must be there. */
  readonly leftOut: { readonly value?: string; readonly means?: string } | undefined;
  readonly example: string;
  readonly says: string;
}

/** Every key that a document of a kind may have, each before those below it. */
export function fieldRows({ fields }: Pick<DescribedKind, 'fields'>): FieldRow[] {
  return rowsOf(fields, '');
}

function rowsOf({ docs, required }: DescribedFields, parent: string): FieldRow[] {
  return [...docs].flatMap(([key, doc]) => {
    const row: FieldRow = {
      path: `${parent}${key}`,
      required: required.includes(key),
      type: typeOf(doc.form),
      leftOut: required.includes(key) ? undefined : leftOut(doc),
      example: `${key}: ${flow(doc.example)}`,
      says: doc.says,
    };
    return [row, ...rowsBelow(doc.form, row.path)];
  });
}

function rowsBelow(form: Form, path: string): FieldRow[] {
  if (form.is === 'mapping') return rowsOf(form.fields, `${path}.`);
  return form.is === 'list' ? rowsBelow(form.of, `${path}[]`) : [];
}

function typeOf(form: Form): string {
  switch (form.is) {
    case 'value':
      return form.words;
    case 'mapping':
      return `a mapping of ${[...form.fields.docs.keys()].join(', ')}`;
    case 'list': {
      const items =
        form.of.is === 'mapping'
          ? `mappings of ${[...form.of.fields.docs.keys()].join(', ')}`
          : `these: ${typeOf(form.of)}`;
      const list = `a list of ${form.itemsMin === 0 ? '' : 'one or more of '}${items}${atMost(form.itemsMax)}`;
      return form.orSingle === true ? `${list}; a single one may stand without brackets` : list;
    }
  }
}

function atMost(items: number | undefined): string {
  return items === undefined ? '' : `; at most ${items} of them`;
}

function leftOut(doc: FieldDoc): FieldRow['leftOut'] {
  return doc.default === undefined ? defined({ means: doc.absent }) : { value: flow(doc.default) };
}

/** A right document of a kind that has every key, in YAML. */
export function exampleDocument({ fields }: Pick<DescribedKind, 'fields'>): string {
  return [...fields.docs].map(([key, { example }]) => `${key}: ${flow(example)}\n`).join('');
}
