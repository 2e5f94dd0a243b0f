import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Whoever takes whatever is posted, at once. */
export class HttpTaker implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  #bodies: Buffer[] = [];
  #keeps = true;

  private constructor(server: Server, port: number) {
    this.url = `http://127.0.0.1:${String(port)}/`;
    this.#server = server.on('request', (asked: IncomingMessage, answer) => {
      void buffer(asked).then((body) => {
        if (this.#keeps) this.#bodies.push(body);
        answer.writeHead(204).end();
      });
    });
  }

  static async start(): Promise<HttpTaker> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new HttpTaker(server, address.port);
  }

  /** What was posted, as it came. */
  get bodies(): readonly Buffer[] {
    return this.#bodies;
  }

  forget(): void {
    this.#bodies = [];
  }

  /** Posts to itself, one after the other. */
  async post(bodies: readonly Buffer[]): Promise<void> {
    const agent = new Agent({ keepAlive: true });
    this.#keeps = false;
    try {
      for (const body of bodies) {
        const headers = { 'content-length': body.length };
        const asked = request(this.url, { agent, method: 'POST', headers }).end(body);
        const answer = await new Promise<IncomingMessage>((resolve, reject) => {
          asked.on('response', resolve).on('error', reject);
        });
        answer.resume();
        await once(answer, 'end');
      }
    } finally {
      this.#keeps = true;
      agent.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close').catch(() => undefined);
  }
}
