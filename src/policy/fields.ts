import { z } from 'zod';
import { Flaw } from './flaw.ts';

/** A value that is written as text and read by a function of ours. */
export type TextField<Value> = z.ZodPipe<z.ZodString, z.ZodTransform<Value, string>>;

export function text<Value>(read: (written: string) => Value | Flaw): TextField<Value> {
  return z.string().transform((written, context) => settle(read(written), context));
}

/** Reports a flaw as an issue that carries it whole; any other value passes. */
export function settle<Value>(result: Value | Flaw, context: z.RefinementCtx): Value {
  if (!(result instanceof Flaw)) return result;
  context.addIssue({ code: 'custom', message: result.message, params: { flaw: result } });
  return z.NEVER;
}

/** A list whose items are read one by one, so that one bad item hides no other. */
export const list = z.array(z.unknown());

/** Of every document; the kind is judged before its fields are. */
export const header = {
  kind: z.unknown().exactOptional(),
  apiVersion: z.literal('isoledger/v1').exactOptional(),
};

/** A mapping's fields, read whole or, where some are wrong, as far as they are right. */
export interface FieldSet<Shape extends z.ZodRawShape> {
  readonly whole: z.ZodObject<Shape, z.core.$strict>;
  readonly known: z.ZodObject<{ [Key in keyof Shape]: z.ZodOptional<Shape[Key]> }, z.core.$strict>;
  readonly keys: readonly string[];
}

/** No key but these; the ones that are not optional must be there. */
export function fieldSet<Shape extends z.ZodRawShape>(shape: Shape): FieldSet<Shape> {
  const whole = z.strictObject(shape);
  return { whole, known: whole.partial(), keys: Object.keys(shape) };
}
