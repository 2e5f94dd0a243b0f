// Reads every event of a ledger from NATS JetStream, and adds each to a file before it is acknowledged: at least once, in order.
//   NATS_PASSWORD=... node consume.ts SERVER CA_FILE LEDGER_ID EVENTS_FILE
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { AckPolicy, connect, ConsumerEvents, DeliverPolicy, type ConsumerStatus } from 'nats';

const [server = '', caFile = '', ledgerId = '', eventsFile = ''] = process.argv.slice(2);
process.on('uncaughtException', giveUp);
// The client writes stacks there, of what it mends by itself.
console.log = () => undefined;
// Nobody is there to start it again for each outage: it finds its way back for as long as it takes, the first time too.
const connection = await connect({
  servers: server,
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
  pingInterval: 10_000,
  user: 'siem',
  pass: process.env['NATS_PASSWORD'] ?? '',
  inboxPrefix: '_INBOX_siem',
  tls: { caFile },
});
void connection.closed().then((error) => {
  if (error instanceof Error) giveUp(error);
});
const stream = `ISOLEDGER_${ledgerId}`;
const manager = await connection.jetstreamManager({ checkAPI: false });
// It is there once and for all: whoever starts this again goes on behind what was acknowledged.
await manager.consumers.add(stream, {
  durable_name: 'siem',
  filter_subject: `isoledger.${ledgerId}.>`,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
});
const consumer = await connection.jetstream().consumers.get(stream, 'siem');
const file = openSync(eventsFile, 'a', 0o640);
const messages = await consumer.consume({ expires: 10_000 });
process.once('SIGTERM', () => void messages.close());
void watch(await messages.status());
for await (const message of messages) {
  writeSync(file, `${message.string()}\n`);
  fsyncSync(file);
  message.ack();
}
closeSync(file);
await Promise.race([connection.drain(), setTimeout(5_000)]);
process.exit(0);

/** The client asks for ever, in silence, where the stream was lost, and the consumer with it. Who starts again makes it anew. */
async function watch(statuses: AsyncIterable<ConsumerStatus>): Promise<void> {
  const { StreamNotFound, ConsumerNotFound, ConsumerDeleted } = ConsumerEvents;
  const gone = new Set<string>([StreamNotFound, ConsumerNotFound, ConsumerDeleted]);
  for await (const { type } of statuses)
    if (gone.has(type)) giveUp(new Error(`${type.replaceAll('_', ' ')}: the servers may have lost it`));
}

/** What is not acknowledged comes again: whoever starts this again loses nothing. */
function giveUp(error: Error): never {
  console.error(`consume: it cannot go on, and has to be started again (${error.message})`);
  process.exit(1);
}
