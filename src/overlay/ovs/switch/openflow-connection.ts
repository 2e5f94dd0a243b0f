import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../../runtime/clock.ts';
import { OverlayUnavailable } from '../../faults.ts';
import { ConnectionLost } from '../ovsdb/fault.ts';
import { reasonOfSocket } from '../ovsdb/socket-reason.ts';
import {
  encodeMessage,
  errorName,
  headerLength,
  helloBody,
  messageType,
  multipartBody,
  openFlowVersion,
  readPart,
  type OpenFlowMessage,
  type MultipartQuestion,
} from './openflow-messages.ts';

interface OpenFlowSettings {
  /** The place of the switch, in words. */
  readonly words: string;
  readonly clock: Clock;
  /** The longest time that an answer may take, in milliseconds. */
  readonly answerMs: number;
}

/** A message to be sent, before it has a number. */
export interface Outgoing {
  readonly type: number;
  readonly body: Buffer;
}

/** The most bytes of an answer that are kept. */
const answerBytesMax = 64 * 1024 * 1024;

/** A switch answered a request with an error message of OpenFlow. */
export class RequestInError extends OverlayUnavailable {
  readonly error: string;

  constructor(words: string, error: string) {
    super(`${words} answers with an error: ${error}`);
    this.error = error;
  }
}

/**
 * OpenFlow 1.5 over one socket, one request at a time. Every call throws OverlayUnavailable where the switch does not answer,
 * or answers in another way than OpenFlow has it; the connection is of no use after that.
 */
export class OpenFlowConnection implements Disposable {
  readonly #socket: Socket;
  readonly #settings: OpenFlowSettings;
  #received = Buffer.alloc(0);
  #messages: OpenFlowMessage[] = [];
  #news = Promise.withResolvers<undefined>();
  #fault: OverlayUnavailable | undefined;
  #lastXid = 0;
  #heard = 0;
  readonly #stop = new AbortController();

  private constructor(socket: Socket, settings: OpenFlowSettings) {
    this.#socket = socket;
    this.#settings = settings;
    socket
      .on('data', (chunk: Buffer) => {
        this.#take(chunk);
      })
      .on('error', (error) => {
        this.#endLost(`was lost: ${reasonOfSocket(error)}`);
      })
      .on('close', () => {
        this.#endLost('closed the connection');
      });
  }

  /** Whether nothing more can be asked over it. */
  get isOver(): boolean {
    return this.#fault !== undefined;
  }

  /** Greets the switch over a socket that is connected, and takes the socket over. */
  static async over(socket: Socket, settings: OpenFlowSettings): Promise<OpenFlowConnection> {
    const connection = new OpenFlowConnection(socket, settings);
    try {
      connection.#send({ type: messageType.hello, body: helloBody });
      await connection.#inTime(async () => {
        const { type, version } = await connection.#next();
        if (type !== messageType.hello || version < openFlowVersion)
          throw connection.#unavailable('does not speak OpenFlow 1.5');
      });
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
  }

  /** Asks for something that is answered in parts, and reads each. Throws RequestInError. */
  async ask<Read>(question: MultipartQuestion, read: (part: Buffer) => readonly Read[]): Promise<Read[]> {
    const xid = this.#send({ type: messageType.multipartRequest, body: multipartBody(question) });
    const found: Read[] = [];
    await this.#inTime(async () => {
      for (let isLast = false; !isLast;) {
        const message = await this.#answerTo(xid, messageType.multipartReply);
        const reply = this.reading(() => {
          const { part, isLast: isEnd } = readPart(message.body);
          return { read: read(part), isEnd };
        });
        found.push(...reply.read);
        isLast = reply.isEnd;
      }
    });
    return found;
  }

  /** Which datapath the switch says that it is: 16 hexadecimal digits, as its database has them. */
  async datapathId(): Promise<string> {
    const xid = this.#send({ type: messageType.featuresRequest, body: Buffer.alloc(0) });
    return this.#inTime(async () => {
      const { body } = await this.#answerTo(xid, messageType.featuresReply);
      return this.reading(() => body.readBigUInt64BE(0).toString(16).padStart(16, '0'));
    });
  }

  /** What the bridge itself is set to, and of a packet that no flow takes how many bytes somebody is sent. */
  async config(): Promise<{ flags: number; missSendLength: number }> {
    const xid = this.#send({ type: messageType.getConfigRequest, body: Buffer.alloc(0) });
    return this.#inTime(async () => {
      const { body } = await this.#answerTo(xid, messageType.getConfigReply);
      return this.reading(() => ({ flags: body.readUInt16BE(0), missSendLength: body.readUInt16BE(2) }));
    });
  }

  /** Sends requests, and waits until the switch has carried out all of them. Throws RequestInError for the first that it refuses. */
  async carryOut(requests: Iterable<Outgoing>): Promise<void> {
    for (const request of requests) this.#send(request);
    const xid = this.askBarrier();
    if (this.#socket.writableNeedDrain)
      await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]);
    await this.#inTime(async () => this.#answerTo(xid, messageType.barrierReply));
  }

  /** Asks for an answer behind all that was asked before, and gives its number. Whoever takes the messages hears it. */
  askBarrier(): number {
    return this.#send({ type: messageType.barrierRequest, body: Buffer.alloc(0) });
  }

  /**
   * Every message that the switch sends by itself, until the connection ends with its fault. After so much silence a sign of life is
   * asked for. Nothing else is asked meanwhile, but for barriers.
   */
  async *messages(idleMs: number): AsyncGenerator<OpenFlowMessage, never, void> {
    void this.#watchIdleness(idleMs);
    for (;;) yield await this.#next();
  }

  /** Reads from a message: one that is cut short, or lies about its lengths, is no answer. */
  reading<Value>(read: () => Value): Value {
    try {
      return read();
    } catch (error) {
      if (error instanceof RangeError) throw this.#unavailable('sent an answer that cannot be read');
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#end('was left');
  }

  async #watchIdleness(idleMs: number): Promise<void> {
    const { clock, answerMs } = this.#settings;
    const isSilentFor = async (milliseconds: number): Promise<boolean> => {
      const heard = this.#heard;
      await clock.sleep(milliseconds, this.#stop.signal);
      return heard === this.#heard && !this.#stop.signal.aborted;
    };
    while (!this.#stop.signal.aborted) {
      if (!(await isSilentFor(idleMs))) continue;
      this.#send({ type: messageType.echoRequest, body: Buffer.alloc(0) });
      if (await isSilentFor(answerMs)) this.#end(`does not answer within ${String(answerMs)} ms`);
    }
  }

  /** The next message, an error or the answer to a request. Errors are never of the past: one request is made at a time. */
  async #answerTo(xid: number, type: number): Promise<OpenFlowMessage> {
    for (;;) {
      const message = await this.#next();
      if (message.type === messageType.error && message.body.length >= 4)
        throw new RequestInError(this.#settings.words, errorName(message.body));
      if (message.type === type && message.xid === xid) return message;
    }
  }

  /** Echoes are answered on the way. */
  async #next(): Promise<OpenFlowMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message?.type === messageType.echoRequest)
        this.#socket.write(encodeMessage(messageType.echoReply, message.xid, message.body));
      else if (message !== undefined) return message;
      else if (this.#fault !== undefined) throw this.#fault;
      else await this.#news.promise;
    }
  }

  async #inTime<Result>(work: () => Promise<Result>): Promise<Result> {
    const { clock, answerMs } = this.#settings;
    const stop = new AbortController();
    void clock.sleep(answerMs, stop.signal).then(() => {
      if (!stop.signal.aborted) this.#end(`does not answer within ${String(answerMs)} ms`);
    });
    try {
      return await work();
    } finally {
      stop.abort();
    }
  }

  #send({ type, body }: Outgoing): number {
    this.#lastXid++;
    this.#socket.write(encodeMessage(type, this.#lastXid, body));
    return this.#lastXid;
  }

  #take(chunk: Buffer): void {
    this.#heard++;
    let rest = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (rest.length >= headerLength) {
      const length = rest.readUInt16BE(2);
      if (length < headerLength) {
        this.#end('sent something that is no OpenFlow');
        return;
      }
      if (rest.length < length) break;
      this.#messages.push({
        version: rest.readUInt8(0),
        type: rest.readUInt8(1),
        xid: rest.readUInt32BE(4),
        body: rest.subarray(headerLength, length),
      });
      rest = rest.subarray(length);
    }
    this.#received = Buffer.from(rest);
    if (this.#messages.reduce((sum, { body }) => sum + body.length, 0) > answerBytesMax)
      this.#end(`sent more than ${String(answerBytesMax)} bytes that nobody asked for`);
    this.#wake();
  }

  #end(problem: string): void {
    this.#fault ??= this.#unavailable(problem);
    this.#stop.abort();
    this.#socket.destroy();
    this.#wake();
  }

  #endLost(problem: string): void {
    this.#fault ??= new ConnectionLost(`${this.#settings.words} ${problem}`);
    this.#end(problem);
  }

  #wake(): void {
    this.#news.resolve(undefined);
    this.#news = Promise.withResolvers();
  }

  #unavailable(problem: string): OverlayUnavailable {
    return new OverlayUnavailable(`${this.#settings.words} ${problem}`);
  }
}
