import { z } from 'zod';
import { RowsDiffer, TransactionRefused, UnreadableServer, type ServerRefusal } from './fault.ts';
import { refusalIn } from './message.ts';
import type { OvsdbOperation } from './operations.ts';

/** The result of one operation: the UUID of a row that was inserted, a count of rows that were touched, rows that were selected. */
const operationResult = z.object({
  uuid: z
    .tuple([z.literal('uuid'), z.string()])
    .transform(([, uuid]) => uuid)
    .optional(),
  count: z.int().min(0).optional(),
  rows: z.array(z.record(z.string(), z.unknown())).optional(),
});

export type OperationResult = z.output<typeof operationResult>;

/**
 * Reads what a transaction came to. Errors stand inside of the result, at the operation that failed; one more than there are
 * operations says that the whole could not be committed. Throws RowsDiffer, TransactionRefused and UnreadableServer.
 */
export function readResults(
  endpoint: string,
  operations: readonly OvsdbOperation[],
  result: unknown,
): readonly OperationResult[] {
  const results = z.array(z.unknown()).safeParse(result).data;
  if (results === undefined) throw new UnreadableServer(`${endpoint} answered a transaction with no list`);
  for (const [at, each] of results.entries()) {
    const refusal = refusalIn(each);
    if (refusal !== undefined) throw faultOf(endpoint, { refusal, at, operation: operations[at] });
  }
  const read = z.array(operationResult).length(operations.length).safeParse(results);
  if (read.success) return read.data;
  throw new UnreadableServer(`${endpoint} answered a transaction with something else`, read.error);
}

function faultOf(
  endpoint: string,
  failed: { refusal: ServerRefusal; at: number; operation: OvsdbOperation | undefined },
): Error {
  const { refusal, at, operation } = failed;
  if (operation?.op === 'wait' && refusal.error === 'timed out') return new RowsDiffer(endpoint, at);
  return new TransactionRefused(endpoint, operation === undefined ? 'commit' : at, refusal);
}
