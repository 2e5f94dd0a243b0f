import type { DescribedFields, FieldDoc, Form, JsonSchema } from '../field-doc.ts';
import type { DescribedKind } from './kinds.ts';

/** The dialect of the JSON Schemas that editors are given. */
export const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** The JSON Schema of one kind of document. It knows the form of each value; only `plan` judges all of a folder. */
export function schemaOfKind(described: DescribedKind): JsonSchema {
  return { $schema: dialect, title: described.kind, ...kindSchema(described) };
}

/** The JSON Schema of a document of any kind, for editors. */
export function schemaOfDocuments(kinds: readonly DescribedKind[]): JsonSchema {
  return {
    $schema: dialect,
    title: 'a document of isoledger',
    anyOf: kinds.map(({ kind }) => ({ $ref: `#/$defs/${kind}` })),
    $defs: Object.fromEntries(kinds.map((each) => [each.kind, kindSchema(each)])),
  };
}

function kindSchema({ says, fields, impliedBy }: DescribedKind): JsonSchema {
  const implied = impliedBy.length === 0 ? {} : { anyOf: ['kind', ...impliedBy].map(requires) };
  return { description: says, ...mappingSchema(fields), ...implied };
}

function requires(key: string): JsonSchema {
  return { required: [key] };
}

/** The JSON Schema of a mapping with fixed keys. */
export function mappingSchema({ docs, required }: DescribedFields): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries([...docs].map(([key, doc]) => [key, fieldSchema(doc)])),
    required,
    additionalProperties: false,
  };
}

function fieldSchema(doc: FieldDoc): JsonSchema {
  return {
    description: doc.absent === undefined ? doc.says : `${doc.says} Left out: ${doc.absent}.`,
    ...formSchema(doc.form),
    ...(doc.default === undefined ? {} : { default: doc.default }),
    examples: [doc.example],
  };
}

function formSchema(form: Form): JsonSchema {
  switch (form.is) {
    case 'value':
      return form.json;
    case 'mapping':
      return mappingSchema(form.fields);
    case 'list': {
      const items = formSchema(form.of);
      const list = {
        type: 'array',
        items,
        ...(form.itemsMin === 0 ? {} : { minItems: form.itemsMin }),
        ...(form.itemsMax === undefined ? {} : { maxItems: form.itemsMax }),
      };
      return form.orSingle === true ? { anyOf: [items, list] } : list;
    }
  }
}
