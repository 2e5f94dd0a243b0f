import type { ConsumerMessages, NatsConnection } from 'nats';
import { connectNats } from '../../../src/runtime/nats-connection.ts';
import { streamName } from '../../../src/siem/nats/names.ts';
import { Reached } from './reached.ts';

/** Takes the messages of a ledger's stream as they come, as a consumer of JetStream. */
export class StreamFollower implements AsyncDisposable {
  readonly reached = new Reached();
  readonly #connection: NatsConnection;
  readonly #messages: ConsumerMessages;
  readonly #taking: Promise<void>;

  private constructor(connection: NatsConnection, messages: ConsumerMessages) {
    this.#connection = connection;
    this.#messages = messages;
    this.#taking = this.#take();
  }

  /** From behind an entry on. */
  static async of(
    address: string,
    { ledgerId, after }: { ledgerId: string; after: number },
  ): Promise<StreamFollower> {
    const connection = await connectNats({ servers: [address] }, 'bench');
    // The message of an entry has the number behind the entry's.
    const from = { opt_start_seq: Math.max(1, after + 1) };
    const consumer = await connection.jetstream().consumers.get(streamName(ledgerId), from);
    return new StreamFollower(connection, await consumer.consume());
  }

  async #take(): Promise<void> {
    for await (const { seq } of this.#messages) this.reached.upTo(seq - 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messages.close();
    await this.#taking;
    await this.#connection.close();
  }
}
