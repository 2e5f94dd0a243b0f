import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { JsonFrames } from '../../src/overlay/ovs/ovsdb/json-frames.ts';
import { readMessage, type RpcMessage } from '../../src/overlay/ovs/ovsdb/message.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Listens on a socket, in place of an OVSDB server, and does with each connection what a test says. */
class Listener implements Disposable {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(take: (socket: Socket) => void) {
    const path = join(temporaryFolder(), 'peer.sock');
    this.endpoint = `unix:${path}`;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      take(socket);
    });
    this.#server.listen(path);
  }

  async listening(): Promise<void> {
    if (!this.#server.listening) await once(this.#server, 'listening');
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Breaks off every connection, and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
  }
}

/**
 * A way to a real server that can be cut; it writes `known` in place of `asked` in what goes there, both of one length, and
 * tells it.
 */
export async function relayTo(
  path: string,
  renamed: readonly [asked: string, known: string][] = [],
  tell: (text: string) => void = () => undefined,
): Promise<Listener> {
  const relay = new Listener((socket) => {
    const server = connect({ path });
    server.on('error', () => undefined).on('close', () => socket.destroy());
    socket.on('close', () => server.destroy());
    server.pipe(socket);
    socket.on('data', (chunk: Buffer) => {
      const text = renamed.reduce(
        (sent, [asked, known]) => sent.replaceAll(asked, known),
        chunk.toString('latin1'),
      );
      tell(text);
      server.write(text, 'latin1');
    });
  });
  await relay.listening();
  return relay;
}

/** One side of a conversation: sends a value as JSON, a text as it is. */
export type Send = (message: object | string) => void;

/** A peer that says what a test makes it say to each message. */
export async function peerThat(
  answers: (message: RpcMessage, send: Send, socket: Socket) => void,
): Promise<Listener> {
  const peer = new Listener((socket) => {
    const frames = new JsonFrames();
    const send: Send = (message) =>
      socket.write(typeof message === 'string' ? message : JSON.stringify(message));
    socket.on('data', (chunk: Buffer) => {
      for (const value of frames.push(chunk)) answers(readMessage(value), send, socket);
    });
  });
  await peer.listening();
  return peer;
}
