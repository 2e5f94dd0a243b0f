import { z } from 'zod';
import { Unintelligible } from './fault.ts';
import { updates1, updates2, type TableNews } from './monitored-table.ts';

/** The transaction id of a server that keeps none: nothing can be resumed from it. */
export const noTransaction = '00000000-0000-0000-0000-000000000000';

/** What is told at once, and from which transaction on the next is told. */
export interface ToldRows {
  readonly news: Readonly<Record<string, TableNews>>;
  readonly lastTransaction: string;
}

/** A way of monitoring, of those that servers came to know one after the other. */
export interface MonitorMethod {
  readonly method: string;
  /** What goes with the request, behind the database, the id and the tables. */
  params(lastTransaction: string): readonly unknown[];
  /** The server's first answer; `isResumed` if it tells only what came after the transaction that was named. */
  readonly answer: z.ZodType<ToldRows & { readonly isResumed: boolean }>;
  /** The method of its notices, and their parameters behind the id. */
  readonly notice: string;
  readonly told: z.ZodType<ToldRows>;
}

const transaction = z.string().regex(/^[0-9a-f-]{36}$/);

const whole = (updates: z.ZodType<ToldRows['news']>): MonitorMethod['answer'] =>
  updates.transform((news) => ({ news, lastTransaction: noTransaction, isResumed: false }));

const untraced = (updates: z.ZodType<ToldRows['news']>): MonitorMethod['told'] =>
  z.tuple([z.unknown(), updates]).transform(([, news]) => ({ news, lastTransaction: noTransaction }));

/** The best first: since Open vSwitch 2.12, since 2.6, and RFC 7047. */
export const monitorMethods: readonly MonitorMethod[] = [
  {
    method: 'monitor_cond_since',
    params: (lastTransaction) => [lastTransaction],
    answer: z
      .tuple([z.boolean(), transaction, updates2])
      .transform(([isResumed, lastTransaction, news]) => ({ news, lastTransaction, isResumed })),
    notice: 'update3',
    told: z
      .tuple([z.unknown(), transaction, updates2])
      .transform(([, lastTransaction, news]) => ({ news, lastTransaction })),
  },
  {
    method: 'monitor_cond',
    params: () => [],
    answer: whole(updates2),
    notice: 'update2',
    told: untraced(updates2),
  },
  {
    method: 'monitor',
    params: () => [],
    answer: whole(updates1),
    notice: 'update',
    told: untraced(updates1),
  },
];

/** Throws Unintelligible. */
export function readTold<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new Unintelligible('tells of changes in a way that cannot be read', read.error);
}
