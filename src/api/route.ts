import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Unanswered } from './problem.ts';

/** What may come back under a status. */
export interface RouteAnswer {
  readonly says: string;
  /** By media type; null where the body is text. */
  readonly bodies: Readonly<Record<string, z.ZodType | null>>;
}

/** A question that can be asked by GET. What is registered and what is documented is the same. */
export interface Route {
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Anybody may ask, who shows no token. */
  readonly isOpen?: boolean;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/** The query of a request. Throws Unanswered that names everything that is wrong in it. */
export function queryOf<Query extends z.ZodObject>(
  schema: Query,
  { query }: Pick<FastifyRequest, 'query'>,
): z.output<Query> {
  const read = schema.safeParse(query);
  if (read.success) return read.data;
  const wrong = read.error.issues.map(({ path, message }) => {
    const key = path.join('.');
    return key === '' ? message : `${key}: ${message}`;
  });
  throw new Unanswered(wrong.join('; '), {
    ...{ code: 'WrongQuery', status: 400, title: 'The query is wrong as it stands' },
  });
}
