import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { fastify, type FastifyInstance } from 'fastify';
import { categoryOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { requireAccess, type Access } from './access.ts';
import { problemOf, problemType, Unanswered, type ProblemDetails } from './problem.ts';
import type { Route } from './route.ts';

/** What this side shows, and by which it knows others, as PEM. */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  /** The authority that signed the certificates of those who ask; left out where none is asked for. */
  readonly clientCa: string | undefined;
}

export interface ServerMeans {
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly tls: TlsMaterial | undefined;
  readonly log: Logger;
}

/** How many connections there may be at once. */
const connectionsMax = 256;
/** How long the head of a request may take to arrive, and a connection may be idle, in milliseconds. */
const requestMsMax = 10_000;
const idleMsMax = 60_000;

/** A server that listens nowhere yet. */
export function serverOf({ routes, access, tls, log }: ServerMeans): FastifyInstance {
  const app = fastify({
    exposeHeadRoutes: false,
    clientErrorHandler: answerUnread,
    serverFactory: (listener) => httpServer(listener, tls),
  });
  const open = new Set(routes.filter(({ isOpen }) => isOpen === true).map(({ path }) => path));
  app.addHook('onRequest', (request, _reply, done) => {
    const { host, authorization } = request.headers;
    if (!open.has(request.routeOptions.url ?? '')) requireAccess(access, { host, authorization });
    done();
  });
  for (const { path, handle } of routes)
    app.route({ method: 'GET', url: path, handler: (request, reply) => handle(request, reply) });
  app.setNotFoundHandler(() => {
    throw new Unanswered('/v1/openapi.json lists what can be asked', {
      ...{ code: 'NotFound', status: 404, title: 'There is nothing at that path' },
    });
  });
  app.setErrorHandler(async (error, request, reply) => {
    const problem = ofServer(error) ?? problemOf(error);
    const category = categoryOf(error);
    if (problem.status >= 500)
      log[category === 'unreachable' ? 'warn' : 'error'](
        { err: error, path: request.url },
        'a request could not be answered',
      );
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    await reply.code(problem.status).type(problemType).send(JSON.stringify(problem));
  });
  return app;
}

function httpServer(listener: RequestListener, tls: TlsMaterial | undefined): Server {
  const bounds = {
    requestTimeout: requestMsMax,
    headersTimeout: requestMsMax,
    keepAliveTimeout: idleMsMax / 2,
  };
  const server = tls === undefined ? createServer(bounds, listener) : tlsServer(listener, { tls, bounds });
  server.maxConnections = connectionsMax;
  // Whoever takes nothing of an answer for so long is dropped with it.
  server.setTimeout(idleMsMax);
  return server;
}

function tlsServer(
  listener: RequestListener,
  { tls: { key, cert, clientCa }, bounds }: { tls: TlsMaterial; bounds: object },
): Server {
  const known = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ ...bounds, key, cert, minVersion: 'TLSv1.2', ...known }, listener);
}

/** Answers a request of which the head could not be read. */
function answerUnread(error: { readonly code?: string | undefined }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const title = STATUS_CODES[status] ?? 'The request is wrong';
  const detail =
    status === 431
      ? 'address and headers together are longer than 16 KiB'
      : 'the head of the request cannot be read';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail } satisfies ProblemDetails);
  const head = [
    `HTTP/1.1 ${String(status)} ${title}`,
    ...[
      `Content-Type: ${problemType}; charset=utf-8`,
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      'Connection: close',
    ],
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What the server says of a request that is none. */
function ofServer(error: unknown): ProblemDetails | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode: status, message } = error;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return {
    ...{ type: 'about:blank', title: STATUS_CODES[status] ?? 'The request is wrong', status },
    detail: message,
  };
}
