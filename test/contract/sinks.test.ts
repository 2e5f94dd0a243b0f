import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, readdirSync, writeFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/runtime/clock.ts';
import { elasticsearchSink } from '../../src/siem/sinks/elasticsearch/sink.ts';
import { DeliveryCounts } from '../../src/siem/sinks/delivery-counts.ts';
import { EntryRefused, SinkUnavailable } from '../../src/siem/sinks/faults.ts';
import { hecSink } from '../../src/siem/sinks/hec/sink.ts';
import type { Sink } from '../../src/siem/sinks/port.ts';
import { syslogSink } from '../../src/siem/sinks/syslog/sink.ts';
import { webhookSink } from '../../src/siem/sinks/webhook/sink.ts';
import { HttpReceiver, httpTroubles, type HttpTrouble } from '../doubles/http-receiver.ts';
import { SyslogReceiver, upsetReceiver } from '../doubles/syslog-receiver.ts';
import { Authority, openssl } from '../support/certificates.ts';
import { describeNeeding } from '../support/needs.ts';
import { fileSink } from '../../src/siem/sinks/file/sink.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { seqsIn, textOfFiles, upsetDisk } from '../doubles/upset-disk.ts';
import {
  expectComplete,
  ForwarderRun,
  forwarderOver,
  hastyClock,
  ledgerOf,
  sinkContract,
} from './sinks-contract.ts';

function newPath(): string {
  const folder = join(temporaryFolder(), 'events');
  mkdirSync(folder);
  return join(folder, 'events.ndjson');
}

sinkContract('file', {
  troubles: [
    'is moved away by somebody',
    'has its folder away for a while',
    'ends in half a line',
    'is a folder for a while',
  ],
  make: (course) => {
    const path = newPath();
    return Promise.resolve({
      open: () => upsetDisk(fileSink({ path, rotateBytes: 10_000 }), path, course),
      received: () => seqsIn(textOfFiles(path)),
      beats: () => textOfFiles(path).split('heartbeat').length - 1,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
});

/** As settings and doubles give it: what a sink says of where events come from. */
const origin = { ledgerId: 'l', host: 'tester' } as const;

/** The events that came in texts, and how many heartbeats. */
class Taken {
  readonly seqs: number[] = [];
  beats = 0;

  take(text: string): void {
    const found = seqsIn(`${text}\n`);
    if (found.length === 0) this.beats += 1;
    this.seqs.push(...found);
  }
}

function few(sink: Sink): Sink {
  return {
    limits: { ...sink.limits, entriesMax: 7 },
    deliver: (entries, signal) => sink.deliver(entries, signal),
    beat: (beat, signal) => sink.beat(beat, signal),
    close: () => sink.close(),
  };
}

sinkContract('webhook', {
  troubles: httpTroubles,
  make: async (course) => {
    const secretFile = join(temporaryFolder(), 'secret');
    writeFileSync(secretFile, 'the secret\n');
    const taken = new Taken();
    const receiver = await HttpReceiver.start(course, ({ headers, body }) => {
      const [, time = '', code = ''] =
        /^t=(\d+),v1=(.*)$/.exec(String(headers['x-isoledger-signature'])) ?? [];
      const expected = createHmac('sha256', 'the secret').update(`${time}.${body}`).digest('hex');
      if (code !== expected) return { status: 403 };
      for (const line of body.split('\n').slice(0, -1)) taken.take(line);
      return { status: 204 };
    });
    const settings = { url: `${receiver.url}/in`, timeoutSeconds: 30, secretFile };
    return {
      open: (clock) => few(webhookSink(settings, { ...origin, format: 'cloudevents' }, clock)),
      received: () => taken.seqs,
      beats: () => taken.beats,
      [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
    };
  },
});

const hecEvent = z.looseObject({
  time: z.number(),
  sourcetype: z.literal('isoledger:cloudevents'),
  fields: z.record(z.string(), z.string()),
  event: z.unknown(),
});

for (const acknowledged of [false, true])
  sinkContract<HttpTrouble | 'loses it' | 'has no such index'>(acknowledged ? 'hec with acks' : 'hec', {
    troubles: [...httpTroubles, 'has no such index', ...(acknowledged ? (['loses it'] as const) : [])],
    make: async (course) => {
      const tokenFile = join(temporaryFolder(), 'token');
      writeFileSync(tokenFile, 'the token\n');
      const taken = new Taken();
      const lost = new Set<number>();
      let ackId = 0;
      const receiver = await HttpReceiver.start<'loses it' | 'has no such index'>(
        course,
        (request, trouble) => {
          const { path, headers, body } = request;
          if (headers.authorization !== 'Splunk the token') return { status: 403, body: '{"code":4}' };
          if (headers['x-splunk-request-channel'] === undefined) return { status: 400, body: '{"code":10}' };
          if (path === '/services/collector/ack') {
            const { acks } = z.object({ acks: z.array(z.int()) }).parse(JSON.parse(body));
            const indexed: Record<string, boolean> = {};
            for (const ack of acks) indexed[String(ack)] = !lost.has(ack);
            return { status: 200, body: JSON.stringify({ acks: indexed }) };
          }
          if (trouble === 'has no such index')
            return { status: 400, body: '{"text":"Incorrect index","code":7}' };
          ackId += 1;
          if (trouble === 'loses it') lost.add(ackId);
          else
            for (const line of body.split('\n'))
              taken.take(JSON.stringify(hecEvent.parse(JSON.parse(line)).event));
          return { status: 200, body: JSON.stringify({ text: 'Success', code: 0, ackId }) };
        },
      );
      const settings = { url: receiver.url, timeoutSeconds: 30, tokenFile, acknowledged };
      return {
        open: (clock) => few(hecSink(settings, { ...origin, format: 'cloudevents' }, clock)),
        received: () => taken.seqs,
        beats: () => taken.beats,
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      };
    },
  });

const bulkAction = z.strictObject({ create: z.strictObject({ _id: z.string() }) });

sinkContract<HttpTrouble | 'takes half a bulk' | 'takes the first half of a bulk' | 'answers no bulk'>(
  'elasticsearch',
  {
    troubles: [...httpTroubles, 'takes half a bulk', 'takes the first half of a bulk', 'answers no bulk'],
    make: async (course) => {
      const documents = new Map<string, string>();
      const order: string[] = [];
      const receiver = await HttpReceiver.start<
        'takes half a bulk' | 'takes the first half of a bulk' | 'answers no bulk'
      >(course, ({ path, body }, trouble) => {
        if (path !== '/logs-isoledger-default/_bulk') return { status: 404 };
        if (trouble === 'answers no bulk') return { status: 200, body: '<html>' };
        const lines = body.split('\n').slice(0, -1);
        const count = lines.length / 2;
        const items = Array.from({ length: count }, (_, at) => {
          const id = bulkAction.parse(JSON.parse(lines[at * 2] ?? '')).create._id;
          if (trouble === 'takes half a bulk' && at % 2 === 1)
            return { create: { status: 429, error: { type: 'full' } } };
          if (trouble === 'takes the first half of a bulk' && at >= count / 2)
            return { create: { status: 503 } };
          if (documents.has(id)) return { create: { status: 409, error: { type: 'version_conflict' } } };
          documents.set(id, lines[at * 2 + 1] ?? '');
          order.push(id);
          return { create: { status: 201 } };
        });
        return { status: 200, body: JSON.stringify({ errors: true, items }) };
      });
      const settings = { url: receiver.url, timeoutSeconds: 30, index: 'logs-isoledger-default' };
      const stored = (): Taken => {
        const taken = new Taken();
        for (const id of order) taken.take(documents.get(id) ?? '');
        return taken;
      };
      return {
        open: (clock) => few(elasticsearchSink(settings, { ...origin, format: 'cloudevents' }, clock)),
        // A bulk that was taken in part is completed later: what counts is that all of it is there, each once.
        received: () => stored().seqs.sort((one, other) => one - other),
        beats: () => stored().beats,
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      };
    },
  },
);

/** What stands behind the header of a message. */
function takeMessages(messages: readonly string[]): Taken {
  const taken = new Taken();
  for (const message of messages) {
    expect(message).toMatch(/^<109>1 \S+ tester isoledger - - - \{/);
    taken.take(message.slice(message.indexOf('{')));
  }
  return taken;
}

function syslogContract(transport: 'tls' | 'tcp'): void {
  sinkContract(`syslog by ${transport}`, {
    troubles: ['is away for a while'],
    make: async (course) => {
      const certificates =
        transport === 'tls' ? new Authority(temporaryFolder(), 'ca').sign('siem', 'IP:127.0.0.1') : undefined;
      const receiver = await SyslogReceiver.start(certificates);
      const settings = {
        host: '127.0.0.1',
        port: receiver.port,
        transport,
        timeoutSeconds: 30,
        ca: certificates?.caCertificate,
      };
      return {
        open: (clock) =>
          upsetReceiver(syslogSink(settings, { ...origin, format: 'cloudevents' }, clock), receiver, course),
        received: () => takeMessages(receiver.messages).seqs,
        beats: () => takeMessages(receiver.messages).beats,
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      };
    },
  });
}

syslogContract('tcp');
describeNeeding([openssl], 'with certificates', () => {
  syslogContract('tls');

  it('a receiver whose certificate another authority signed gets nothing', async () => {
    const folder = temporaryFolder();
    await using receiver = await SyslogReceiver.start(
      new Authority(folder, 'theirs').sign('siem', 'IP:127.0.0.1'),
    );
    const { caCertificate: ca } = new Authority(folder, 'ours').sign('siem', 'IP:127.0.0.1');
    const settings = {
      host: '127.0.0.1',
      port: receiver.port,
      transport: 'tls',
      timeoutSeconds: 30,
      ca,
    } as const;
    const sink = syslogSink(settings, { ...origin, format: 'syslog' }, hastyClock());
    const beat = { id: 'b', time: '2026-03-01T12:00:00.000Z', text: 'secret' };
    await expect(sink.beat(beat, new AbortController().signal)).rejects.toThrow(SinkUnavailable);
    expect(receiver.messages).toEqual([]);
  });
});

describe('syslog by datagrams', () => {
  it('is one message a datagram', async () => {
    const server = createSocket('udp4');
    const messages: string[] = [];
    server.on('message', (message) => messages.push(message.toString()));
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const settings = {
      host: '127.0.0.1',
      port: server.address().port,
      transport: 'udp',
      timeoutSeconds: 30,
    } as const;
    const open = (): Sink => syslogSink(settings, { ...origin, format: 'cloudevents' }, hastyClock());
    const run = new ForwarderRun(forwarderOver(await ledgerOf(20), open, hastyClock()));
    await run.done(19);
    while (messages.length < 21) await systemClock.sleep(5);
    await run.end();
    server.close();
    expect(takeMessages(messages).seqs).toEqual(Array.from({ length: 20 }, (_, seq) => seq));
  });
});

describe('a receiver by HTTP', () => {
  it('is spoken to on a connection that stays open', async () => {
    await using receiver = await HttpReceiver.start([], () => ({ status: 200 }));
    const clock = hastyClock();
    const sink = webhookSink(
      { url: receiver.url, timeoutSeconds: 30 },
      { ...origin, format: 'cloudevents' },
      clock,
    );
    const beat = { id: 'b', time: '2026-03-01T12:00:00.000Z', text: '{}' };
    for (let time = 0; time < 5; time += 1) await sink.beat(beat, new AbortController().signal);
    await sink.close();
    expect(receiver.connections).toBe(1);
  });
});

describe('an event that the receiver says is wrong', () => {
  it('stops the sink once all before it are delivered, and is not passed over', async () => {
    const taken = new Taken();
    await using receiver = await HttpReceiver.start([], ({ body }) => {
      if (body.includes('tenant-41')) return { status: 400, body: 'no' };
      for (const line of body.split('\n').slice(0, -1)) taken.take(line);
      return { status: 200 };
    });
    const clock = hastyClock();
    const settings = { url: receiver.url, timeoutSeconds: 30 };
    const open = (): Sink => webhookSink(settings, { ...origin, format: 'cloudevents' }, clock);
    const forwarder = forwarderOver(await ledgerOf(60), open, clock);
    const failure = await new ForwarderRun(forwarder).failure;
    expect(failure).toBeInstanceOf(EntryRefused);
    expect(failure).toMatchObject({ seq: 41, category: 'integrity' });
    expect(String(failure)).toContain('entry 41');
    expectComplete(taken.seqs, 41);
    expect(forwarder.cursor.read()).toMatchObject({ seq: 40 });
  });
});

describe('deliveries', () => {
  it('are counted: what is acknowledged, and what fails of entries and heartbeats', async () => {
    await using receiver = await HttpReceiver.start(['answers 503', 'answers 503', 'well'], () => ({
      status: 200,
    }));
    const clock = hastyClock();
    const settings = { url: receiver.url, timeoutSeconds: 30 };
    const counts = new DeliveryCounts();
    const open = (): Sink => webhookSink(settings, { ...origin, format: 'cloudevents' }, clock);
    const run = new ForwarderRun({ ...forwarderOver(await ledgerOf(20), open, clock), counts });
    await run.done(19);
    await run.end();
    expect(counts.all()).toEqual(
      new Map([['siem', { entries: 20, failures: { entries: 1, heartbeat: 1, connection: 0 } }]]),
    );
  });
});

describe('the files of a sink', () => {
  it('are set aside before they are too large, and as many are kept as was said', async () => {
    for (const keep of [undefined, 3]) {
      const path = newPath();
      const clock = hastyClock();
      const open = () => fileSink({ path, rotateBytes: 20_000, keep });
      const run = new ForwarderRun(forwarderOver(await ledgerOf(300), open, clock));
      await run.done(299);
      await run.end();
      const names = readdirSync(dirname(path));
      if (keep === undefined) expectComplete(seqsIn(textOfFiles(path)), 300);
      else expect(names).toHaveLength(keep + 1);
      expect(seqsIn(textOfFiles(path)).at(-1)).toBe(299);
    }
  });

  it('is not followed where it is a link, and says so', async () => {
    const path = newPath();
    symlinkSync('elsewhere', path);
    const beat = { id: 'i', time: '2026-11-30T06:00:00.000Z', text: '{}' };
    const sink = fileSink({ path, rotateBytes: 20_000 });
    await expect(sink.beat(beat, new AbortController().signal)).rejects.toThrow('it is a link');
  });
});
