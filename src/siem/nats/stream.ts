import { headers, NatsError, type MsgHdrs, type NatsConnection, type StreamInfo } from 'nats';
import type { Clock } from '../../runtime/clock.ts';
import { natsReason, requestMs } from '../../runtime/nats-connection.ts';
import { MirrorDiffers, MirrorUnavailable, StreamForked } from '../mirror/faults.ts';
import type { FoundMessage, Mirror, MirrorExtent, MirrorMessage } from '../mirror/port.ts';
import { heartbeatSubject, streamName, subjectOf } from './names.ts';
import { readStream, type StreamClient } from './reading.ts';
import { configFor, differencesOf, type StreamSettings } from './settings.ts';

export interface StreamMirrorOptions extends StreamSettings {
  readonly connection: () => Promise<NatsConnection>;
  readonly clock: Clock;
  readonly ledgerId: string;
}

const leafHeader = 'Isoledger-Leaf';
const idHeader = 'Nats-Msg-Id';

const apiError = {
  wrongLastSequence: 10_071,
  noSuchStream: 10_059,
  noSuchMessage: 10_037,
  nameInUse: 10_058,
};

/** A ledger's mirror as a stream of JetStream. */
export function streamMirror(options: StreamMirrorOptions): Mirror {
  return new StreamMirror(options);
}

interface Client extends StreamClient {
  readonly of: NatsConnection;
}

class StreamMirror implements Mirror {
  readonly name: string;
  readonly idOf: (seq: number) => string;
  readonly #options: StreamMirrorOptions;
  #opened: Client | undefined;

  constructor(options: StreamMirrorOptions) {
    this.#options = options;
    this.name = streamName(options.ledgerId);
    this.idOf = (seq) => `${options.ledgerId}:${String(seq)}`;
  }

  async open(): Promise<{ isNew: boolean }> {
    if ((await this.extent()) !== undefined) return { isNew: false };
    return this.#call(async ({ manager }) => {
      try {
        await manager.streams.add(configFor(this.#options.ledgerId, this.#options));
        return { isNew: true };
      } catch (error) {
        if (codeOf(error) === apiError.nameInUse) return { isNew: false };
        throw error;
      }
    });
  }

  async extent(): Promise<MirrorExtent | undefined> {
    const info = await this.#info();
    if (info === undefined) return undefined;
    const differences = differencesOf(info.config, configFor(this.#options.ledgerId, this.#options));
    if (differences.length > 0) throw new MirrorDiffers(this.name, differences);
    const { first_seq, last_seq, messages } = info.state;
    return { first: first_seq, last: last_seq, count: messages };
  }

  #info(): Promise<StreamInfo | undefined> {
    return this.#call(({ manager }) =>
      orUndefined(apiError.noSuchStream, () => manager.streams.info(this.name)),
    );
  }

  /** Asks the leader: another replica may be behind. */
  find(sequence: number): Promise<FoundMessage | undefined> {
    return this.#call(({ manager }) =>
      orUndefined(apiError.noSuchMessage, async () => {
        const { seq, header, data } = await manager.streams.getMessage(this.name, { seq: sequence });
        return found(seq, header, data);
      }),
    );
  }

  async *read({ from, to }: { from: number; to: number }): AsyncGenerator<FoundMessage, void, undefined> {
    try {
      for await (const { seq, headers: header, data } of readStream(
        { name: this.name, clock: this.#options.clock, client: () => this.#client() },
        { from, to },
      ))
        yield found(seq, header, data);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  publish(message: MirrorMessage): Promise<boolean> {
    const { seq, body, leaf, contentType } = message;
    const header = headers();
    header.set('Content-Type', contentType);
    header.set(leafHeader, leaf);
    return this.#call(async ({ stream }) => {
      try {
        const subject = subjectOf(this.#options.ledgerId, message);
        const ack = await stream.publish(subject, body, {
          msgID: this.idOf(seq),
          headers: header,
          expect: { streamName: this.name, lastSequence: seq },
          timeout: requestMs,
        });
        if (ack.seq === seq + 1) return true;
      } catch (error) {
        if (codeOf(error) === apiError.wrongLastSequence) return false;
        throw error;
      }
      throw new StreamForked(this.name, `entry ${String(seq)} stands there in another place`);
    });
  }

  beat(text: string): Promise<void> {
    return this.#call(({ of }) => {
      of.publish(heartbeatSubject(this.#options.ledgerId), text);
      return Promise.resolve();
    });
  }

  async #call<T>(call: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await call(await this.#client());
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  #unavailable(cause: unknown): unknown {
    if (!(cause instanceof NatsError)) return cause;
    return new MirrorUnavailable(
      `the stream ${this.name} cannot be read or written (${natsReason(cause)}): see the NATS servers`,
      { cause },
    );
  }

  async #client(): Promise<Client> {
    const of = await this.#options.connection();
    if (this.#opened?.of === of) return this.#opened;
    const options = { timeout: requestMs };
    const manager = await of.jetstreamManager({ ...options, checkAPI: false });
    this.#opened = { of, manager, stream: of.jetstream(options) };
    return this.#opened;
  }
}

function found(sequence: number, header: MsgHdrs | undefined, data: Uint8Array): FoundMessage {
  return {
    sequence,
    id: valueOf(header, idHeader),
    leaf: valueOf(header, leafHeader),
    body: new TextDecoder().decode(data),
  };
}

function valueOf(header: MsgHdrs | undefined, name: string): string | undefined {
  const value = header?.get(name) ?? '';
  return value === '' ? undefined : value;
}

async function orUndefined<T>(code: number, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) === code) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}
