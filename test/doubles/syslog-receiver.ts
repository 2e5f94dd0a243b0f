import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Sink } from '../../src/siem/sinks/port.ts';
import type { Certificates } from '../support/certificates.ts';

/** A receiver of messages behind their length. */
export class SyslogReceiver implements AsyncDisposable {
  readonly messages: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  readonly port: number;

  private constructor({ port, certificates }: { port: number; certificates?: Certificates | undefined }) {
    this.port = port;
    const accept = (socket: Socket): void => {
      this.#accept(socket);
    };
    this.#server =
      certificates === undefined
        ? createServer(accept)
        : createTlsServer(
            {
              key: readFileSync(certificates.privateKey),
              cert: readFileSync(certificates.certificate),
            },
            accept,
          );
  }

  static async start(certificates?: Certificates): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver({ port: await freePort(), certificates });
    await receiver.open();
    return receiver;
  }

  /** Lets others connect. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
  }

  /** Lets everybody go who has connected, and nobody in. */
  async away(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.away();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (;;) {
        const space = waiting.indexOf(' ');
        const length = Number(waiting.subarray(0, space).toString());
        if (space < 1 || waiting.length < space + 1 + length) return;
        this.messages.push(waiting.subarray(space + 1, space + 1 + length).toString());
        waiting = waiting.subarray(space + 1 + length);
      }
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** A sink to a receiver that goes away when it has read everything, and comes back after the next delivery failed. */
export function upsetReceiver(
  sink: Sink,
  receiver: SyslogReceiver,
  course: readonly ('is away for a while' | 'well')[],
): Sink {
  const left = [...course];
  let sent = 0;
  let isAway = false;
  return {
    limits: { ...sink.limits, entriesMax: 7 },
    deliver: async (entries, signal) => {
      while (receiver.messages.length < sent) await setTimeout(1);
      if (isAway) await receiver.open();
      isAway = left.shift() === 'is away for a while';
      if (isAway) {
        await receiver.away();
        // What is written before the end of a connection has come is lost: nobody can tell.
        await setTimeout(20);
      }
      const delivery = await sink.deliver(entries, signal);
      sent += entries.length;
      return delivery;
    },
    beat: async (beat, signal) => {
      await sink.beat(beat, signal);
      sent += 1;
    },
    close: () => sink.close(),
  };
}
