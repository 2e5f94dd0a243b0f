import { z } from 'zod';
import { Unintelligible, type ServerRefusal } from './fault.ts';

/** A message of JSON-RPC 1.0, as RFC 7047 uses it. */
export type RpcMessage =
  | { readonly kind: 'answer'; readonly id: unknown; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: unknown; readonly refusal: ServerRefusal }
  | { readonly kind: 'question'; readonly id: unknown; readonly method: string; readonly params: unknown }
  | { readonly kind: 'notice'; readonly method: string; readonly params: unknown };

/** A server says an error as an object, or, of a method that it does not know, as a text. */
const refusal = z.union([
  z
    .looseObject({ error: z.string(), details: z.string().default('') })
    .transform(({ error, details }): ServerRefusal => ({ error, details })),
  z.string().transform((error): ServerRefusal => ({ error, details: '' })),
]);

/** What of a message may be there; some servers leave out what is null. */
const message = z.looseObject({
  id: z.union([z.int(), z.string(), z.null(), z.array(z.unknown())]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: refusal.nullish(),
});

/** Throws Unintelligible. */
export function readMessage(value: unknown): RpcMessage {
  const read = message.safeParse(value);
  if (!read.success) throw new Unintelligible('sent JSON that is no message of JSON-RPC', read.error);
  const { id = null, method, params, result, error = null } = read.data;
  if (method !== undefined)
    return id === null ? { kind: 'notice', method, params } : { kind: 'question', id, method, params };
  if (id === null) throw new Unintelligible('sent JSON that is no message of JSON-RPC');
  return error === null ? { kind: 'answer', id, result } : { kind: 'refusal', id, refusal: error };
}

/** Reads an element of a transaction's result that may be an error; undefined where it is none. One of no known shape is told as it stands. */
export function refusalIn(result: unknown): ServerRefusal | undefined {
  if (typeof result !== 'object' || result === null || !('error' in result)) return undefined;
  return refusal.safeParse(result).data ?? { error: JSON.stringify(result), details: '' };
}
