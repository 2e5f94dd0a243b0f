import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JetStreamClient, JetStreamManager, JsMsg } from 'nats';
import { ledgerInNats, type LedgerInNats } from '../../../src/compose/nats.ts';
import type { LedgerReader } from '../../../src/ledger/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { connectNats } from '../../../src/runtime/nats-connection.ts';
import { publisherRole } from '../../../src/siem/mirror/publish.ts';
import { natsDefaults } from '../../../src/siem/nats-settings.ts';
import { streamName } from '../../../src/siem/nats/names.ts';
import { configFor } from '../../../src/siem/nats/settings.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { medians, percentile, perSecond } from '../harness/measure.ts';
import { rowOf, type Row } from '../harness/row.ts';
import { delaysOf, RunningRole } from './running-role.ts';
import { appender, writtenLedger } from './written-ledger.ts';

const backlog = 20_000;
const appends = 150;
/** How many messages are under way at once, here and there. */
const underWay = 256;
const rounds = { rounds: 5, warmUps: 2 };

/** Publishing to a real server, which keeps its store in a folder of its own. */
export async function publishingRows(folder: string): Promise<readonly Row[]> {
  const own = join(folder, 'nats');
  mkdirSync(own);
  await using server = await NatsServer.alone(own);
  return [
    ...(await delayRows(join(folder, 'published.db'), server)),
    await backlogRow(join(folder, 'mirrored.db'), server),
  ];
}

async function delayRows(path: string, { address }: NatsServer): Promise<readonly Row[]> {
  const ledger = await writtenLedger(path, 1_000);
  const { append, ledger: other } = appender(path, appends + 1);
  await using nats = natsOf(ledger, address);
  await using role = new RunningRole(publisherRole({ ledger, ...nats, clock: systemClock }));
  const delays = await delaysOf(role, { times: appends, append });
  await other.close();
  return [
    rowOf({
      case: 'an entry until the server has it: p50',
      ...{ value: percentile(delays, 0.5), unit: 'ms', target: { of: 'value', atMost: 20 } },
    }),
    rowOf({
      case: 'an entry until the server has it: p99',
      ...{ value: percentile(delays, 0.99), unit: 'ms' },
    }),
  ];
}

/** Each begins with no stream. */
async function backlogRow(path: string, { address }: NatsServer): Promise<Row> {
  const ledger = await writtenLedger(path, backlog);
  await using connection = await connected(address);
  const published = (): Promise<number> => publish(ledger, address);
  await published();
  const messages = await messagesIn(connection, ledger.id);
  const figures = await medians(
    {
      ours: () => withoutStream(connection, ledger.id).then(published),
      bare: () =>
        withoutStream(connection, ledger.id).then(() => publishBare(connection, { ledger, messages })),
    },
    rounds,
  );
  await ledger.close();
  return rowOf({
    case: `a backlog of ${backlog.toLocaleString('en')} entries to the server`,
    ...{ value: figures.of('ours'), unit: 'entries/s' },
    floor: {
      is: `JetStream publish of the same messages, made before, ${String(underWay)} under way`,
      value: figures.of('bare'),
    },
    target: { of: 'ratio', atLeast: 0.5 },
  });
}

async function publish(ledger: LedgerReader, address: string): Promise<number> {
  await using nats = natsOf(ledger, address);
  await using role = new RunningRole(publisherRole({ ledger, ...nats, clock: systemClock }));
  return await perSecond(backlog, () => role.done(backlog - 1));
}

/** A message to its last byte. */
type Published = Pick<JsMsg, 'subject' | 'headers' | 'data'>;

async function messagesIn({ jetStream }: Connected, ledgerId: string): Promise<readonly Published[]> {
  const found: Published[] = [];
  const consumer = await jetStream.consumers.get(streamName(ledgerId), { opt_start_seq: 1 });
  for await (const { subject, headers, data } of await consumer.consume()) {
    found.push({ subject, headers, data: data.slice() });
    if (found.length === backlog) break;
  }
  return found;
}

/** To a stream with the same settings. Returns when all are answered. */
async function publishBare(
  { jetStream, manager }: Connected,
  { ledger, messages }: { ledger: LedgerReader; messages: readonly Published[] },
): Promise<number> {
  await manager.streams.add(configFor(ledger.id, natsDefaults));
  return perSecond(messages.length, async () => {
    const left = messages.values();
    const publishNext = async (): Promise<void> => {
      for (const { subject, headers, data } of left)
        await jetStream.publish(subject, data, headers === undefined ? {} : { headers });
    };
    await Promise.all(Array.from({ length: underWay }, publishNext));
  });
}

async function withoutStream({ manager }: Connected, ledgerId: string): Promise<void> {
  for await (const { config } of manager.streams.list())
    if (config.name === streamName(ledgerId)) await manager.streams.delete(config.name);
}

interface Connected extends AsyncDisposable {
  readonly manager: JetStreamManager;
  readonly jetStream: JetStreamClient;
}

async function connected(address: string): Promise<Connected> {
  const connection = await connectNats({ servers: [address] }, 'bench');
  return {
    manager: await connection.jetstreamManager(),
    jetStream: connection.jetstream(),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

function natsOf({ id }: LedgerReader, address: string): LedgerInNats {
  return ledgerInNats(id, { ...natsDefaults, access: { servers: [address] } });
}
