// Reads every event of a ledger from NATS JetStream, and adds each to a file before it is acknowledged: at least once, in order.
//   NATS_PASSWORD=... node consume.ts SERVER CA_FILE LEDGER_ID EVENTS_FILE
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { AckPolicy, connect, DeliverPolicy } from 'nats';

const [server = '', caFile = '', ledgerId = '', eventsFile = ''] = process.argv.slice(2);
const connection = await connect({
  servers: server,
  user: 'siem',
  pass: process.env['NATS_PASSWORD'] ?? '',
  inboxPrefix: '_INBOX_siem',
  tls: { caFile },
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
const messages = await consumer.consume();
process.once('SIGTERM', () => void messages.close());
for await (const message of messages) {
  writeSync(file, `${message.string()}\n`);
  fsyncSync(file);
  message.ack();
}
closeSync(file);
await connection.drain();
