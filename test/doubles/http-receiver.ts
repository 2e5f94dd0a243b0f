import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** What befalls a request. */
export const httpTroubles = [
  'answers 429 with Retry-After',
  'answers 503',
  'answers 401',
  'answers nothing',
  'closes',
  'takes it and closes',
  'is slow',
] as const;
export type HttpTrouble = (typeof httpTroubles)[number];

/** A request as it came, its body uncompressed. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly body?: string;
}

/** An HTTP server to which a trouble comes with each request, until there are no more. */
export class HttpReceiver<Trouble extends string> implements AsyncDisposable {
  /** How many connections were made. */
  connections = 0;
  readonly #server: Server;
  readonly #course: (HttpTrouble | Trouble | 'well')[];
  readonly #take: (request: ReceivedRequest, trouble: HttpTrouble | Trouble | 'well') => ReceiverAnswer;

  private constructor(
    course: readonly (HttpTrouble | Trouble | 'well')[],
    take: (request: ReceivedRequest, trouble: HttpTrouble | Trouble | 'well') => ReceiverAnswer,
  ) {
    this.#course = [...course];
    this.#take = take;
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  static async start<Trouble extends string = never>(
    course: readonly (HttpTrouble | Trouble | 'well')[],
    take: (request: ReceivedRequest, trouble: HttpTrouble | Trouble | 'well') => ReceiverAnswer,
  ): Promise<HttpReceiver<Trouble>> {
    const receiver = new HttpReceiver<Trouble>(course, take);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request).catch(() => Buffer.alloc(0));
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
    const received = { path: request.url ?? '', headers: request.headers, body: body.toString() };
    const trouble = this.#course.shift() ?? 'well';
    switch (trouble) {
      case 'answers 429 with Retry-After':
        response.writeHead(429, { 'retry-after': '2' }).end();
        return;
      case 'answers 503':
        response.writeHead(503).end('busy');
        return;
      case 'answers 401':
        response.writeHead(401).end();
        return;
      case 'answers nothing':
        return;
      case 'closes':
        request.socket.destroy();
        return;
      case 'takes it and closes':
        this.#take(received, trouble);
        request.socket.destroy();
        return;
      case 'is slow':
        await setTimeout(100);
    }
    const { status, body: answer = '' } = this.#take(received, trouble);
    response.writeHead(status).end(answer);
  }
}
