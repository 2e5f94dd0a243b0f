import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readServiceConfig } from '../../src/tasks/service-config.ts';
import { sinkKinds } from '../../src/siem/sinks/settings.ts';
import { elasticsearchSink } from '../../src/siem/sinks/elasticsearch/sink.ts';
import { hecSink } from '../../src/siem/sinks/hec/sink.ts';
import type { Sink } from '../../src/siem/sinks/port.ts';
import { webhookSink } from '../../src/siem/sinks/webhook/sink.ts';
import { formatNamed, type FormatName } from '../../src/siem/formats/named.ts';
import { HttpReceiver, type ReceivedRequest } from '../doubles/http-receiver.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { openssl } from '../support/certificates.ts';
import { siemFile } from '../support/collector.ts';
import { Workplace } from '../support/command-line.ts';
import { Daemon } from '../support/daemon.ts';
import { town } from '../support/documents.ts';
import { asShipped, passwords } from '../support/nats-as-shipped.ts';
import { freePort, natsServer } from '../support/nats-server.ts';
import { command, describeNeeding } from '../support/needs.ts';
import { ServeProcess } from '../support/serve-process.ts';
import { samples } from '../unit/events/samples.ts';
import { context, heartbeat, streamed } from '../unit/siem/stream-sample.ts';

const pages = ['file', 'rsyslog', 'syslog-ng', 'splunk', 'elasticsearch', 'webhook', 'nats'];
const python = command('python3', 'python3');

async function givenTown(place: Workplace): Promise<void> {
  const documents = join(place.folder, 'documents');
  mkdirSync(documents);
  writeFileSync(join(documents, 'town.yaml'), town);
  await place.succeed('apply', documents);
}

/** The configuration that a page gives, with other words in place of some. */
function configured(place: Workplace, page: string, words: Readonly<Record<string, string>>): string {
  const path = join(place.folder, 'isoledger.yaml');
  const given = readFileSync(siemFile(`${page}/isoledger.yaml`), 'utf8');
  writeFileSync(
    path,
    Object.entries(words).reduce((text, [from, to]) => text.replaceAll(from, to), given),
  );
  return path;
}

describe('the pages for a SIEM', () => {
  it.each(pages)('%s: has a configuration that counts, and names only files that are there', (page) => {
    const path = siemFile(`${page}/isoledger.yaml`);
    const { sinks = [], nats } = readServiceConfig({ path, text: readFileSync(path, 'utf8') });
    expect([...sinks, ...(nats === undefined ? [] : [nats])]).toHaveLength(1);
    const text = readFileSync(siemFile(`${page}/README.md`), 'utf8');
    const links = Array.from(text.matchAll(/\]\(([^)#]+)\)/g), ([, link = '']) => link);
    const local = links.filter((link) => !link.startsWith('https:'));
    expect(local.filter((link) => !existsSync(join(dirname(siemFile(`${page}/README.md`)), link)))).toEqual(
      [],
    );
    expect(local).toContain('isoledger.yaml');
  });

  it('are one for each kind of sink, and the page above them leads to each', () => {
    const kinds = pages.flatMap((page) => {
      const path = siemFile(`${page}/isoledger.yaml`);
      return (readServiceConfig({ path, text: readFileSync(path, 'utf8') }).sinks ?? []).map(
        ({ kind }) => kind,
      );
    });
    expect(sinkKinds.filter((kind) => !kinds.includes(kind))).toEqual([]);
    const above = readFileSync(siemFile('README.md'), 'utf8');
    for (const page of pages) expect(above).toContain(`(${page}/README.md)`);
    const folders = readdirSync(siemFile('.'), { withFileTypes: true }).filter((each) => each.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...pages, 'corpus', 'rules'].sort());
  });
});

/** What a sink sends: two entries and a heartbeat, each request with its headers, as a receiver has it. */
async function sentBy(format: FormatName, open: (url: string) => Sink): Promise<string> {
  const requests: ReceivedRequest[] = [];
  await using receiver = await HttpReceiver.start([], (request) => {
    requests.push(request);
    const items = request.body
      .split('\n')
      .flatMap((line) => (line.includes('"create":') ? [{ create: { status: 201 } }] : []));
    return { status: 200, body: JSON.stringify({ items, code: 0, ackId: 0 }) };
  });
  const { write, heartbeat: beat } = formatNamed(format);
  const entries = [samples.TenantQuarantined, samples.TenantReleased].map((sample, at) => {
    const entry = streamed(sample, { id: `0199c0de-0000-7000-8000-00000000000${String(at + 1)}` });
    const { id, recordedAt: time } = entry.envelope;
    return { seq: 41 + at, id, leaf: '', time, text: write({ ...entry, seq: 41 + at }, context) };
  });
  const sink = open(receiver.url);
  const never = new AbortController().signal;
  await sink.deliver(entries, never);
  await sink.beat({ id: 'heartbeat', time: heartbeat.time, text: beat(heartbeat, context) }, never);
  await sink.close();
  return requests
    .map(({ path, headers, body }) => {
      const told = Object.entries(headers)
        .filter(([name]) => !['host', 'connection', 'content-length'].includes(name))
        .map(
          ([name, value]) => `${name}: ${name === 'x-splunk-request-channel' ? 'CHANNEL' : String(value)}\n`,
        );
      return `POST ${path}\n${told.sort().join('')}\n${body.replace(/\n?$/, '\n')}\n`;
    })
    .join('');
}

describe('what a receiver by HTTP gets', () => {
  const origin = { ledgerId: context.ledgerId, host: 'ledger-1' };
  const clock = new ManualClock('2026-03-01T12:02:00.000Z');
  const secretFile = (text: string): string => {
    const path = join(temporaryFolder(), 'secret');
    writeFileSync(path, text);
    return path;
  };

  it('from a webhook is as its sample shows', async () => {
    const sent = await sentBy('cloudevents', (url) =>
      webhookSink(
        { url: `${url}/isoledger`, timeoutSeconds: 30, secretFile: secretFile('the secret') },
        { ...origin, format: 'cloudevents' },
        clock,
      ),
    );
    await expect(sent).toMatchFileSnapshot(siemFile('webhook/sample.txt'));
  });

  it('from the sink for Splunk is as its sample shows', async () => {
    const sent = await sentBy('cloudevents', (url) =>
      hecSink(
        { url, timeoutSeconds: 30, tokenFile: secretFile('TOKEN'), acknowledged: false },
        { ...origin, format: 'cloudevents' },
        clock,
      ),
    );
    await expect(sent).toMatchFileSnapshot(siemFile('splunk/sample.txt'));
  });

  it('from the sink for Elasticsearch is as its sample shows', async () => {
    const sent = await sentBy('ecs', (url) =>
      elasticsearchSink(
        { url, timeoutSeconds: 30, index: 'logs-isoledger-default', apiKeyFile: secretFile('KEY') },
        { ...origin, format: 'ecs' },
        clock,
      ),
    );
    await expect(sent).toMatchFileSnapshot(siemFile('elasticsearch/sample.txt'));
  });
});

describe('the page of the file sink', () => {
  it('ends with a file that holds every event', async () => {
    using place = new Workplace();
    await givenTown(place);
    const config = configured(place, 'file', { '/var/log/isoledger': place.folder });
    await using served = await ServeProcess.on(place.ledgerUrl, ['--config', config, '--roles', 'forwarder']);
    const held = join(place.folder, 'events.ndjson');
    await expect
      .poll(async () => (await place.run('sinks', 'check', held)).code, { timeout: 60_000 })
      .toBe(0);
    expect(await served.end()).toBe(0);
  });
});

describeNeeding([python], 'the receiver of the webhook page', () => {
  it('takes what the service signs, and nothing of others', async () => {
    using place = new Workplace();
    await givenTown(place);
    const port = await freePort();
    const [secret, held] = [join(place.folder, 'hook.secret'), join(place.folder, 'held.ndjson')];
    writeFileSync(secret, 'the secret\n');
    const url = `http://127.0.0.1:${String(port)}/isoledger`;
    await using receiver = new Daemon(python.path, [
      siemFile('webhook/receiver.py'),
      String(port),
      secret,
      held,
    ]);
    const config = configured(place, 'webhook', {
      'http://127.0.0.1:8080/isoledger': url,
      '/etc/isoledger/siem': place.folder,
    });
    let answers = false;
    const tries = setInterval(
      () =>
        void fetch(url).then(
          () => (answers = true),
          () => undefined,
        ),
      100,
    );
    await receiver
      .until(() => answers)
      .finally(() => {
        clearInterval(tries);
      });
    await place.succeed('sinks', 'test', 'hook', '--config', config);
    await using served = await ServeProcess.on(place.ledgerUrl, ['--config', config, '--roles', 'forwarder']);
    await expect
      .poll(async () => (await place.run('sinks', 'check', held)).code, { timeout: 60_000 })
      .toBe(0);
    expect(await served.end()).toBe(0);
    const before = readFileSync(held, 'utf8');
    writeFileSync(join(place.folder, 'other.secret'), 'a guess');
    const guess = configured(place, 'webhook', {
      'http://127.0.0.1:8080/isoledger': url,
      '/etc/isoledger/siem/hook.secret': join(place.folder, 'other.secret'),
    });
    expect(await place.run('sinks', 'test', 'hook', '--config', guess)).toMatchObject({ code: 5 });
    expect(readFileSync(held, 'utf8')).toBe(before);
  });
});

describeNeeding([natsServer, openssl], 'the consumer of the NATS page', () => {
  it('has every event, and goes on where it was when it is started again', async () => {
    using place = new Workplace();
    await using given = await givenConsumer(place);
    const { served, held, consume, lines } = given;
    const { size } = await place.checkpoint();
    {
      await using first = consume();
      await first.until(() => lines() >= size);
    }
    await place.succeed('quarantine', 'globex', '--reason', 'incident 4711');
    await using second = consume();
    const { size: later } = await place.checkpoint();
    await second.until(() => lines() >= later);
    await place.succeed('sinks', 'check', held, '--to', String(later - 1));
    expect(await served.end()).toBe(0);
  });

  it('ends where the server lost the stream, and has everything again once it is started', async () => {
    using place = new Workplace();
    await using given = await givenConsumer(place);
    const { shipped, consume, lines } = given;
    const { size } = await place.checkpoint();
    await using first = consume();
    await first.until(() => lines() >= size);
    await shipped.server.kill();
    rmSync(shipped.store, { recursive: true });
    await shipped.server.start();
    const { code, said } = await first.ended();
    expect([code, said]).toEqual([1, expect.stringContaining('not found: the servers may have lost it')]);
    await vi.waitUntil(
      async () => {
        await using again = consume();
        return await again
          .until(() => lines() >= 2 * size)
          .then(
            () => true,
            () => false,
          );
      },
      { timeout: 60_000, interval: 500 },
    );
  });
});

interface GivenConsumer extends AsyncDisposable {
  readonly shipped: Awaited<ReturnType<typeof asShipped>>;
  readonly served: ServeProcess;
  readonly held: string;
  readonly consume: () => Daemon;
  /** How many lines the consumer holds. */
  readonly lines: () => number;
}

/** A service that publishes to the server of infra/nats, and the consumer that reads there. */
async function givenConsumer(place: Workplace): Promise<GivenConsumer> {
  await givenTown(place);
  const ledgerId = await ledgerIdOf(place);
  const shipped = await asShipped(place, { ledgerId, to: 'IP:127.0.0.1,DNS:localhost' });
  writeFileSync(join(place.folder, 'password'), `${passwords.ISOLEDGER}\n`);
  const config = configured(place, 'nats', {
    'nats.example:4222': shipped.address,
    '/etc/isoledger/nats-password': join(place.folder, 'password'),
    '/etc/isoledger/nats-ca.pem': shipped.ca,
  });
  const served = await ServeProcess.on(place.ledgerUrl, ['--config', config, '--roles', 'publisher']);
  await served.says('took the role', 'publisher');
  const held = join(place.folder, 'held.ndjson');
  const server = shipped.address.replace('127.0.0.1', 'localhost');
  const argv = [siemFile('nats/consume.ts'), server, shipped.ca, ledgerId, held];
  return {
    ...{ shipped, served, held },
    consume: () => new Daemon(process.execPath, argv, { NATS_PASSWORD: passwords.SIEM }),
    lines: () => (existsSync(held) ? readFileSync(held, 'utf8').split('\n').length - 1 : 0),
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await shipped[Symbol.asyncDispose]();
    },
  };
}

async function ledgerIdOf(place: Workplace): Promise<string> {
  const [first = ''] = (await place.succeed('tail', '--format', 'cloudevents')).split('\n');
  return z.looseObject({ source: z.string() }).parse(JSON.parse(first)).source.replace(/^.*:/, '');
}
