import { createSocket } from 'node:dgram';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../../runtime/clock.ts';
import { SinkUnavailable } from '../faults.ts';
import { tlsOptions } from '../given-files.ts';
import type { BatchLimits, OnBroken, Sink, SinkBeat, SinkDelivery, SinkEntry } from '../port.ts';
import type { SinkOrigin, SyslogSettings } from '../settings.ts';
import { reasonWords } from '../reason.ts';
import { untilLate } from '../until-late.ts';

/** A receiver of syslog: by TLS or TCP with octet counting, or datagrams. `onBroken` hears of each connection that broke behind messages. */
export function syslogSink(
  settings: SyslogSettings,
  origin: SinkOrigin,
  clock: Clock,
  onBroken: OnBroken = () => undefined,
): Sink {
  return new SyslogSink({ settings, origin, clock, onBroken });
}

interface SyslogParts {
  readonly settings: SyslogSettings;
  readonly origin: SinkOrigin;
  readonly clock: Clock;
  readonly onBroken: OnBroken;
}

/** How long a receiver has at least to say that it takes nothing of this side, behind the handshake, in milliseconds. */
const settleMsMin = 2_000;

/** For how long the end of a connection is waited for, in milliseconds. */
const endMsMax = 1_000;

class SyslogSink implements Sink {
  readonly limits: BatchLimits = { entriesMax: 200, bytesMax: 262_144 };
  readonly #settings: SyslogSettings;
  readonly #origin: SinkOrigin;
  readonly #clock: Clock;
  readonly #onBroken: OnBroken;
  #socket: Socket | undefined;
  /** The connection to which messages were written, until it is ended here. */
  #carrier: Socket | undefined;

  constructor({ settings, origin, clock, onBroken }: SyslogParts) {
    this.#settings = settings;
    this.#origin = origin;
    this.#clock = clock;
    this.#onBroken = onBroken;
  }

  async deliver(entries: readonly SinkEntry[], signal: AbortSignal): Promise<SinkDelivery> {
    await this.#send(entries, signal);
    return { upTo: entries.at(-1)?.seq ?? -1 };
  }

  async beat(beat: SinkBeat, signal: AbortSignal): Promise<void> {
    await this.#send([beat], signal);
  }

  /** What was written is on its way, and its end comes behind it, by TLS with a word: a receiver can tell it from one that was cut. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#carrier = undefined;
    if (socket === undefined || socket.destroyed) return;
    const over = new AbortController();
    const ended = new Promise<void>((resolve) => {
      socket.once('close', resolve).end(resolve);
    });
    await Promise.race([ended, this.#clock.sleep(endMsMax, over.signal)]);
    over.abort();
    // One that takes longer goes on by itself: what was written counts as delivered, and must not be let go of here.
    socket.destroySoon();
  }

  async #send(
    given: readonly { readonly time: string; readonly text: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    const { transport, timeoutSeconds, host, port } = this.#settings;
    const messages = given.map((one) => Buffer.from(this.#messageOf(one)));
    const bounds = { clock: this.#clock, withinMs: timeoutSeconds * 1_000, signal };
    try {
      await untilLate(bounds, (late) =>
        transport === 'udp' ? sendDatagrams(messages, { host, port }) : this.#write(messages, late),
      );
    } catch (cause) {
      this.#socket?.destroy();
      this.#socket = undefined;
      const words =
        cause instanceof SinkUnavailable ? `: ${cause.message}` : ` takes nothing: ${reasonWords(cause)}`;
      throw new SinkUnavailable(`${host}:${String(port)}${words}`, { cause });
    }
  }

  /** What is no syslog already becomes the message of one. */
  #messageOf({ time, text }: { readonly time: string; readonly text: string }): string {
    if (this.#origin.format === 'syslog') return text;
    const host = this.#origin.host.replace(/[^!-~]/g, '?').slice(0, 255) || '-';
    return `<109>1 ${time} ${host} isoledger - - - ${text}`;
  }

  /** Each message behind its length in bytes, by RFC 5425. Returns once the system has taken all of them. */
  async #write(messages: readonly Buffer[], signal: AbortSignal): Promise<void> {
    const socket = await this.#connected(signal);
    this.#carrier = socket;
    const frames = messages.flatMap((message) => [Buffer.from(`${String(message.length)} `), message]);
    await new Promise<void>((resolve, reject) => {
      const failed = (error?: Error): void => {
        reject(error ?? new Error('the connection was closed'));
      };
      socket.once('close', failed).once('error', failed);
      socket.write(Buffer.concat(frames), (error) => {
        socket.off('close', failed).off('error', failed);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async #connected(signal: AbortSignal): Promise<Socket> {
    if (this.#socket?.writable === true) return this.#socket;
    const { host, port, transport } = this.#settings;
    const isTls = transport === 'tls';
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = isTls
      ? connectTls({ host, port, ...name, ...tlsOptions(this.#settings) })
      : connectTcp({ host, port });
    this.#socket = socket;
    const begunMs = this.#clock.elapsedMs();
    signal.addEventListener('abort', () => {
      if (socket.connecting) socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        resolve();
      });
      socket.once('error', reject).once('close', () => {
        reject(new Error('the connection was closed'));
      });
    });
    this.#watch(socket);
    await this.#settled(socket, { signal, handshakeMs: this.#clock.elapsedMs() - begunMs });
    return socket;
  }

  /** Nothing is expected from the other side but its end, which it may come to with messages unread: only this side can tell of that. */
  #watch(socket: Socket): void {
    const { host, port } = this.#settings;
    let why = 'it was closed there';
    socket
      .on('error', (error) => {
        why = reasonWords(error);
      })
      .on('end', () => socket.destroy())
      .once('close', () => {
        if (this.#carrier !== socket) return;
        this.#carrier = undefined;
        this.#onBroken(
          new SinkUnavailable(
            `the connection to ${host}:${String(port)} broke (${why}), and messages on the way may be missing there: isoledger sinks check tells which, and isoledger sinks replay brings them`,
          ),
        );
      })
      .resume();
  }

  /**
   * By TLS 1.3 a receiver looks at the certificate that it is shown behind what counts as the handshake here. One that does not take
   * it closes then, and whatever was written until that has come would be lost unseen.
   */
  async #settled(
    socket: Socket,
    { signal, handshakeMs }: { readonly signal: AbortSignal; readonly handshakeMs: number },
  ): Promise<void> {
    const over = new AbortController();
    let why = '';
    const fail = (error: Error): void => {
      why = ` (${'code' in error ? String(error.code) : error.message})`;
    };
    const end = (): void => {
      over.abort();
    };
    socket.once('error', fail).once('close', end);
    const settleMs = Math.min(Math.max(settleMsMin, 3 * handshakeMs), this.#settings.timeoutSeconds * 500);
    if (!socket.closed) await this.#clock.sleep(settleMs, AbortSignal.any([signal, over.signal]));
    socket.off('error', fail).off('close', end);
    signal.throwIfAborted();
    if (!over.signal.aborted && socket.writable) return;
    throw new Error(
      `it closed the connection as soon as it was there${why}: look whether it takes the certificate that it is shown, and the address of this machine`,
    );
  }
}

async function sendDatagrams(
  messages: readonly Buffer[],
  { host, port }: { host: string; port: number },
): Promise<void> {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
  try {
    for (const message of messages)
      await new Promise<void>((resolve, reject) => {
        socket.send(message, port, host, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
  } finally {
    socket.close();
  }
}
