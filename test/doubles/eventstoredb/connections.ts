import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const nameOf = (host: string | undefined, port: number | undefined): string => `${host ?? ''}:${port ?? ''}`;

/** The connections of one server, so that a fault can drop the one that a call came over, and `kill` all of them. */
export class Connections {
  readonly #listener: Server;
  readonly #sockets = new Map<string, Socket>();

  constructor(accept: (socket: Socket) => void) {
    this.#listener = createServer((socket) => {
      const name = nameOf(socket.remoteAddress, socket.remotePort);
      this.#sockets.set(name, socket);
      socket.once('close', () => this.#sockets.delete(name));
      // A peer that resets its connection is no error of the server.
      socket.on('error', () => undefined);
      accept(socket);
    });
  }

  /** Returns the port, which the system chooses for 0. */
  async listen(host: string, port: number): Promise<number> {
    this.#listener.listen(port, host);
    await once(this.#listener, 'listening');
    const address: AddressInfo | string | null = this.#listener.address();
    if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
    return address.port;
  }

  /** `peer` is an address with its port, as a call names it. */
  drop(peer: string): void {
    this.#sockets.get(peer)?.destroy();
  }

  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
