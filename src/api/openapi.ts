import { z } from 'zod';
import { problemDetails, problemType } from './problem.ts';
import type { Route, RouteAnswer } from './route.ts';

const json = 'application/json; charset=utf-8';

/** What says in OpenAPI 3.1 what can be asked: made of the schemas by which requests are read and answers are written. */
export function openApiRoute(routes: readonly Route[], about: { version: string; hasToken: boolean }): Route {
  const route: Route = {
    path: '/v1/openapi.json',
    summary: 'What can be asked, as OpenAPI 3.1',
    answers: { 200: { says: 'This document.', bodies: { [json]: z.looseObject({}) } } },
    handle: async (_request, reply) => {
      await reply.type(json).send(text);
    },
  };
  const text = JSON.stringify(documentOf([...routes, route], about));
  return route;
}

function documentOf(
  routes: readonly Route[],
  { version, hasToken }: { version: string; hasToken: boolean },
): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'isoledger',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: Object.fromEntries(routes.map((route) => [route.path, { get: operationOf(route, hasToken) }])),
    components: {
      schemas: { Problem: schemaOf(problemDetails) },
      ...(hasToken ? { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

function operationOf({ summary, query, headers, answers, isOpen }: Route, hasToken: boolean): object {
  const parameters = [...parametersOf(query, 'query'), ...parametersOf(headers, 'header')];
  const problem = { $ref: '#/components/schemas/Problem' };
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(hasToken && isOpen !== true ? { security: [{ token: [] }] } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)])),
      default: { description: 'A problem (RFC 9457).', content: { [problemType]: { schema: problem } } },
    },
  };
}

function responseOf({ says, bodies }: RouteAnswer): object {
  const content = Object.entries(bodies).map(([type, schema]): [string, object] => [
    type,
    { schema: schema === null ? { type: 'string' } : schemaOf(schema) },
  ]);
  return { description: says, content: Object.fromEntries<object>(content) };
}

function parametersOf(schema: z.ZodObject | undefined, place: 'query' | 'header'): object[] {
  if (schema === undefined) return [];
  return Object.entries<z.core.$ZodType>(schema.shape).map(([name, field]) => {
    const { description, ...rest } = schemaOf(field);
    return {
      name,
      in: place,
      required: false,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function schemaOf(schema: z.core.$ZodType): Record<string, unknown> {
  const made = Object.entries(z.toJSONSchema(schema, { io: 'input' }));
  return Object.fromEntries(made.filter(([key]) => key !== '$schema'));
}
