import { z } from 'zod';
import { Flaw } from './flaw.ts';

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
  apiVersion: z.literal('isoledger/v1').exactOptional(),
};

/** The schemas of a mapping: `whole` asks for every field; `known` takes the fields that are there. */
export interface FieldSet<Shape extends z.ZodRawShape> {
  readonly whole: z.ZodObject<Shape, z.core.$strict>;
  readonly known: z.ZodObject<{ [Key in keyof Shape]: z.ZodOptional<Shape[Key]> }, z.core.$strict>;
  readonly keys: readonly string[];
}

/** A mapping may have these keys and no other. Fields that are not optional must be there. */
export function fieldSet<Shape extends z.ZodRawShape>(shape: Shape): FieldSet<Shape> {
  const whole = z.strictObject(shape);
  return { whole, known: whole.partial(), keys: Object.keys(shape) };
}
