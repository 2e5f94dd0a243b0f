import { createConnection, type Socket } from 'node:net';
import { NatsConnectionImpl, setTransportFactory } from 'nats/lib/nats-base-client/internal_mod.js';
import { NodeTransport, nodeResolveHost } from 'nats/lib/src/node_transport.js';
import type { ConnectionOptions, NatsConnection } from 'nats';

/** What `connect` of the client does, over sockets that end with the attempt that they were made for. */
export function connectByOwnSockets(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new EndingTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}

/**
 * The client's transport leaves the socket of an attempt open when the time for it is over: one for each attempt, for as long as a
 * server takes connections and says nothing, and each keeps the process from its end. And it closes a connection that stands still
 * only once everything was written to it, which may be never.
 */
class EndingTransport extends NodeTransport {
  #dialled: Socket | undefined;

  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    const socket = createConnection({ host: hostname, port, noDelay: true });
    this.#dialled = socket;
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      socket.on('error', (error) => (failure = error));
      socket.on('close', () => {
        reject(failure ?? new Error('the connection was closed'));
      });
      socket.once('connect', () => {
        // The client listens from here on.
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  override async close(error?: Error): Promise<void> {
    await super.close(error);
    this.#dialled?.destroy();
  }

  override disconnect(): void {
    this.#dialled?.destroy();
  }
}
