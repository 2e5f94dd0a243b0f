import type { Socket } from 'node:net';
import type { Clock } from '../../../runtime/clock.ts';
import { OverlayUnavailable } from '../../faults.ts';
import {
  ConnectionLost,
  RequestRefused,
  Unintelligible,
  UnreadableServer,
  type ServerRefusal,
} from './fault.ts';
import { JsonFrames } from './json-frames.ts';
import { readMessage, type RpcMessage } from './message.ts';
import { reasonOfSocket } from './socket-reason.ts';

/** How long answers may take, in milliseconds, on which clock, and how the peer is named in words. */
export interface ConnectionSettings {
  readonly endpoint: string;
  readonly clock: Clock;
  readonly requestMs: number;
}

/** Something that a server tells without being asked. */
export interface RpcNotice {
  readonly method: string;
  readonly params: unknown;
}

interface Waiting {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: Error) => void;
}

/** The most bytes of notices that are kept while nobody takes them. */
const untakenBytesMax = 128 * 1024 * 1024;

/**
 * JSON-RPC over one socket. It ends once, with the fault that ended it: the peer went away, did not answer in time, or sent
 * what cannot be read. Everything that waits then, and every request after that, fails with that fault. Of a request that
 * was under way nobody knows whether it was carried out.
 */
export class OvsdbConnection implements Disposable {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #frames = new JsonFrames();
  readonly #waiting = new Map<unknown, Waiting>();
  readonly #stop = new AbortController();
  #notices: RpcNotice[] = [];
  #news = Promise.withResolvers<undefined>();
  #fault: OverlayUnavailable | undefined;
  #lastId = 0;
  #untakenBytes = 0;
  #heardAtMs: number;

  /** Takes over a socket that is connected. */
  constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#heardAtMs = settings.clock.elapsedMs();
    socket
      .on('data', (chunk: Buffer) => {
        this.#take(chunk);
      })
      .on('error', (error) => {
        this.#end(new ConnectionLost(`${settings.endpoint} was lost: ${reasonOfSocket(error)}`, error));
      })
      .on('close', () => {
        this.#end(new ConnectionLost(`${settings.endpoint} was lost: it closed the connection`));
      });
  }

  /** The peer in words. */
  get endpoint(): string {
    return this.#settings.endpoint;
  }

  /** The fault that ended it, undefined while it is of use. */
  get fault(): OverlayUnavailable | undefined {
    return this.#fault;
  }

  /** Throws RequestRefused, and the fault that ends the connection meanwhile. */
  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    if (this.#fault !== undefined) throw this.#fault;
    const { clock, requestMs, endpoint } = this.#settings;
    const id = ++this.#lastId;
    const answered = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { method, resolve, reject });
    this.#send({ method, params, id });
    void clock.sleep(requestMs, answered.signal).then(() => {
      if (this.#waiting.has(id))
        this.#end(
          new OverlayUnavailable(`${endpoint} did not answer ${method} within ${String(requestMs)} ms`),
        );
    });
    try {
      return await promise;
    } finally {
      answered.abort();
    }
  }

  /** The next notices, at least one. Throws the fault that ended the connection, after all notices before it. */
  async notices(): Promise<readonly RpcNotice[]> {
    while (this.#notices.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      await this.#news.promise;
    }
    const taken = this.#notices;
    this.#notices = [];
    this.#untakenBytes = 0;
    return taken;
  }

  /** Asks for a sign of life whenever nothing was heard for that long, in milliseconds; returns when the connection ends. */
  async watchIdleness(idleMs: number): Promise<void> {
    const { clock } = this.#settings;
    for (;;) {
      await clock.sleep(Math.max(1, this.#heardAtMs + idleMs - clock.elapsedMs()), this.#stop.signal);
      if (this.#fault !== undefined) return;
      if (clock.elapsedMs() - this.#heardAtMs < idleMs) continue;
      try {
        await this.request('echo', []);
      } catch (error) {
        // A refusal is a sign of life as well.
        if (error !== this.#fault && !(error instanceof RequestRefused)) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#end(new OverlayUnavailable(`the connection to ${this.#settings.endpoint} was ended here`));
  }

  #take(chunk: Buffer): void {
    if (this.#fault !== undefined) return;
    this.#heardAtMs = this.#settings.clock.elapsedMs();
    if (this.#notices.length > 0) this.#untakenBytes += chunk.length;
    try {
      for (const value of this.#frames.push(chunk)) this.#handle(readMessage(value));
    } catch (error) {
      if (!(error instanceof Unintelligible)) throw error;
      this.#end(new UnreadableServer(`${this.#settings.endpoint} ${error.message}`, error));
    }
    if (this.#untakenBytes > untakenBytesMax)
      this.#end(new OverlayUnavailable(`${this.#settings.endpoint} was left: it tells more than is taken`));
  }

  #handle(message: RpcMessage): void {
    switch (message.kind) {
      case 'answer':
        this.#waitingFor(message.id).resolve(message.result);
        return;
      case 'refusal': {
        const { method, reject } = this.#waitingFor(message.id);
        reject(this.#refused(method, message.refusal));
        return;
      }
      case 'question':
        this.#send(
          message.method === 'echo'
            ? { id: message.id, result: message.params ?? [], error: null }
            : { id: message.id, result: null, error: 'unknown method' },
        );
        return;
      case 'notice':
        this.#notices.push({ method: message.method, params: message.params });
        this.#tellNews();
    }
  }

  #waitingFor(id: unknown): Waiting {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new Unintelligible('answered something that was not asked');
    this.#waiting.delete(id);
    return waiting;
  }

  /** A server runs before somebody has given it the database of a switch. */
  #refused(method: string, refusal: ServerRefusal): Error {
    const { endpoint } = this.#settings;
    return refusal.error === 'unknown database'
      ? new OverlayUnavailable(`${endpoint} has no database of a switch`)
      : new RequestRefused(endpoint, method, refusal);
  }

  #send(message: object): void {
    this.#socket.write(JSON.stringify(message));
  }

  #tellNews(): void {
    this.#news.resolve(undefined);
    this.#news = Promise.withResolvers();
  }

  #end(fault: OverlayUnavailable): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#socket.destroy();
    this.#stop.abort();
    for (const { reject } of this.#waiting.values()) reject(fault);
    this.#waiting.clear();
    this.#tellNews();
  }
}
