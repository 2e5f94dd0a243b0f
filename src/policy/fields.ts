import { z } from 'zod';
import type { DocumentKind } from '../../events/documents.ts';
import { wordForm, type DescribedFields, type FieldDoc } from './field-doc.ts';
import { Flaw } from './flaw.ts';

const apiVersion = 'isoledger/v1';

/** A value that is written as text, and that a function of this folder reads. */
export type TextField<Value> = z.ZodPipe<z.ZodString, z.ZodTransform<Value, string>>;

export function text<Value>(read: (written: string) => Value | Flaw): TextField<Value> {
  return z.string().transform((written, context) => settle(read(written), context));
}

/** Turns a flaw into an issue that carries the whole flaw. Any other value passes. */
export function settle<Value>(result: Value | Flaw, context: z.RefinementCtx): Value {
  if (!(result instanceof Flaw)) return result;
  context.addIssue({ code: 'custom', message: result.message, params: { flaw: result } });
  return z.NEVER;
}

/** A list whose items are read later, each by itself: a wrong item hides no other. */
export const list = z.array(z.unknown());

/** Fields of every document. The kind has been judged before they are read. */
export const header = {
  kind: z.unknown().exactOptional(),
  apiVersion: z.literal(apiVersion).exactOptional(),
};

/** What is said of the fields of every document. */
export function headerDocs(kind: DocumentKind): { kind: FieldDoc; apiVersion: FieldDoc } {
  return {
    kind: { says: 'The kind of the document.', form: wordForm([kind]), example: kind },
    apiVersion: {
      says: 'The version of the policy language.',
      form: wordForm([apiVersion]),
      example: apiVersion,
      default: apiVersion,
      alsoCalled: ['version'],
    },
  };
}

/** The schemas of a mapping: `whole` asks for every field; `known` takes the fields that are there. */
export interface FieldSet<Shape extends z.ZodRawShape> extends DescribedFields {
  readonly whole: z.ZodObject<Shape, z.core.$strict>;
  readonly known: z.ZodObject<{ [Key in keyof Shape]: z.ZodOptional<Shape[Key]> }, z.core.$strict>;
}

/** A mapping may have these keys and no other. Fields that are not optional must be there. Each field is described. */
export function fieldSet<Shape extends z.ZodRawShape>(
  shape: Shape,
  docs: Readonly<Record<keyof Shape & string, FieldDoc>>,
): FieldSet<Shape> {
  const whole = z.strictObject(shape);
  const described = Object.entries<FieldDoc>(docs);
  const missing = new Set(whole.safeParse({}).error?.issues.map(({ path }) => path[0]));
  return {
    whole,
    known: whole.partial(),
    docs: new Map(Object.keys(shape).flatMap((key) => described.filter(([each]) => each === key))),
    required: Object.keys(shape).filter((key) => missing.has(key)),
  };
}
