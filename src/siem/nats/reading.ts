import { AckPolicy, DeliverPolicy, NatsError, nuid, type Consumer, type JsMsg } from 'nats';
import type { JetStreamClient, JetStreamManager } from 'nats';
import type { Clock } from '../../runtime/clock.ts';
import { MirrorUnavailable } from '../mirror/faults.ts';

export interface StreamClient {
  readonly stream: JetStreamClient;
  readonly manager: JetStreamManager;
}

interface StreamReading {
  readonly name: string;
  readonly clock: Clock;
  /** Asked for each new try: the connection may be another by then. */
  readonly client: () => Promise<StreamClient>;
}

interface Numbers {
  readonly from: number;
  readonly to: number;
}

/** How many messages are asked for at a time. */
const batchSize = 256;

/** How long one question may go without a message. What is asked for is there: a server that is alive sends it at once. */
const silentMsMax = 5_000;

/** How long a reader without any message tries again. A change of leader takes 5 to 10 s. */
const patienceMs = 15_000;
const pauseMs = 500;

/** A consumer that nobody asks any more is removed by the server. */
const inactiveNanoseconds = 60 * 1_000_000_000;

const noSuchStream = 10_059;

/**
 * The messages of a stream, in order. Consumers of the client that look after themselves ask for ever, half a minute apart, once the
 * server that kept their place is gone; here a new one is made from the place that was reached. Throws NatsError, and
 * MirrorUnavailable where nothing comes.
 */
export async function* readStream(
  read: StreamReading,
  { from, to }: Numbers,
): AsyncGenerator<JsMsg, void, undefined> {
  const { clock } = read;
  let next = from;
  let waitedMs = 0;
  while (next <= to) {
    let begunMs = clock.elapsedMs();
    let failure: NatsError | undefined;
    try {
      for await (const message of onePlace(read, { from: next, to })) {
        yield message;
        next = message.seq + 1;
        waitedMs = 0;
        begunMs = clock.elapsedMs();
      }
    } catch (error) {
      if (!maySoonBeOver(error)) throw error;
      failure = error;
    }
    if (next > to) return;
    await clock.sleep(pauseMs);
    // A process that was stopped meanwhile tries once more at least.
    waitedMs += Math.min(clock.elapsedMs() - begunMs, patienceMs / 2);
    if (waitedMs >= patienceMs) throw failure ?? silent(read.name);
  }
}

function silent(name: string): MirrorUnavailable {
  return new MirrorUnavailable(
    `the stream ${name} cannot be read (it gave no message for ${String(patienceMs / 1_000)} s): see the NATS servers`,
  );
}

function maySoonBeOver(error: unknown): error is NatsError {
  return (
    error instanceof NatsError && !error.isPermissionError() && error.api_error?.err_code !== noSuchStream
  );
}

/** What one consumer gives, until a batch is short of what was asked for or a message was lost on its way. */
async function* onePlace(
  { name, client }: StreamReading,
  { from, to }: Numbers,
): AsyncGenerator<JsMsg, void, undefined> {
  const consumer = await consumerAt(await client(), { name, from });
  let delivered = 0;
  for (let next = from; next <= to;) {
    const size = Math.min(batchSize, to - next + 1);
    const messages = await consumer.fetch({ max_messages: size, expires: silentMsMax });
    const whole = delivered + size;
    for await (const message of messages) {
      // Messages may be gone from the stream, and then from its numbers; a consumer counts what it sent.
      if (message.info.deliverySequence !== delivered + 1) return;
      delivered += 1;
      next = message.seq + 1;
      yield message;
      if (next > to) return;
    }
    if (delivered < whole) return;
  }
}

async function consumerAt(
  { manager, stream }: StreamClient,
  { name, from }: { name: string; from: number },
): Promise<Consumer> {
  const made = await manager.consumers.add(name, {
    name: nuid.next(),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    ack_policy: AckPolicy.None,
    inactive_threshold: inactiveNanoseconds,
    num_replicas: 1,
    mem_storage: true,
  });
  return stream.consumers.get(name, made.name);
}
