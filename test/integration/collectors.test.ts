import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/runtime/clock.ts';
import { printable } from '../../src/runtime/printable.ts';
import { formatNamed, type FormatName } from '../../src/siem/formats/named.ts';
import { SinkUnavailable } from '../../src/siem/sinks/faults.ts';
import type { Sink, SinkEntry } from '../../src/siem/sinks/port.ts';
import type { SyslogSettings } from '../../src/siem/sinks/settings.ts';
import { syslogSink } from '../../src/siem/sinks/syslog/sink.ts';
import { Authority, openssl } from '../support/certificates.ts';
import { Collector, collectorKinds, siemFile } from '../support/collector.ts';
import { Workplace } from '../support/command-line.ts';
import { town } from '../support/documents.ts';
import { describeNeeding } from '../support/needs.ts';
import { ServeProcess } from '../support/serve-process.ts';
import { samples } from '../unit/events/samples.ts';
import { context, heartbeat, streamed } from '../unit/siem/stream-sample.ts';

const hostile = 'CAB-7\n<0>1 "] [x@1 seq="9"] a=b|c\\d ]" \\] \u001b[2J\u202e = act=forged ä漢😀';
const actor = { name: hostile, authenticated: 'asserted' };

/** Every kind of event in a format, each part that somebody else may have written a hostile one. */
function hostileEntries(name: FormatName): SinkEntry[] {
  const format = formatNamed(name);
  return Object.values(samples).map((sample, seq) => {
    const entry = streamed(sample, { reason: hostile, source: hostile, actor });
    const { id, recordedAt: time } = entry.envelope;
    return { seq, id, leaf: '', time, text: format.write(entry, context) };
  });
}

const event = z.strictObject({
  received: z.string(),
  host: z.literal(context.host),
  severity: z.enum(['notice', 'alert']),
  type: z.string(),
  message: z.string(),
  event: z.record(z.string(), z.string()),
});

const never = new AbortController().signal;

function sinkTo(
  { port, certificates }: Collector,
  over: Partial<SyslogSettings> = {},
  format: FormatName = 'syslog',
): Sink {
  const { privateKey, certificate, caCertificate: ca } = certificates;
  const settings = {
    host: '127.0.0.1',
    port,
    transport: 'tls',
    timeoutSeconds: 30,
    ca,
    certificate,
    privateKey,
  } as const;
  return syslogSink(
    { ...settings, ...over },
    { ledgerId: context.ledgerId, host: 'tester', format },
    systemClock,
  );
}

for (const kind of collectorKinds)
  describeNeeding([openssl, ...kind.needs], `${kind.name}, set up as infra/siem says`, () => {
    it('takes every kind of event by TLS, and reads it, hostile text included', async () => {
      using place = new Workplace();
      await using collector = await Collector.start(kind, place.folder);
      const entries = hostileEntries('syslog');
      const sink = sinkTo(collector);
      await sink.deliver(entries, never);
      const { ledgerId, time } = heartbeat;
      await sink.beat(
        { id: ledgerId, time, text: formatNamed('syslog').heartbeat(heartbeat, context) },
        never,
      );
      await sink.close();
      const types = [...Object.keys(samples), 'heartbeat'];
      const messages = await collector.messages(types.length);
      expect(messages.slice(0, -1)).toEqual(entries.map(({ text }) => text));
      const events = (await collector.events(types.length)).map((one) => event.parse(one));
      expect(events.map(({ type }) => type)).toEqual(types);
      for (const { type, event: read } of events.slice(0, -1)) {
        const text = printable(hostile);
        expect(read).toMatchObject({
          ledger: ledgerId,
          seq: '41',
          type,
          reason: text,
          source: text,
          actor: text,
        });
      }
      expect(events.at(-1)?.event).toMatchObject({ size: '42', root: heartbeat.root });
    });

    it('takes other formats as the messages of syslog, letter by letter', async () => {
      using place = new Workplace();
      await using collector = await Collector.start(kind, place.folder);
      const entries = hostileEntries('cef');
      const sink = sinkTo(collector, {}, 'cef');
      await sink.deliver(entries, never);
      await sink.close();
      const messages = await collector.messages(entries.length);
      expect(messages).toEqual(
        entries.map(({ time, text }) => `<109>1 ${time} tester isoledger - - - ${text}`),
      );
      expect(await collector.events(0)).toEqual([]);
    });

    it('takes nothing from whoever does not show the certificate of the service, who hears of it', async () => {
      using place = new Workplace();
      await using collector = await Collector.start(kind, place.folder);
      const entries = hostileEntries('syslog');
      const other = new Authority(place.folder, 'other').sign('isoledger', 'DNS:isoledger');
      const nobody = { certificate: undefined, privateKey: undefined };
      const collectors = {
        certificate: join(place.folder, 'certificates/collector.pem'),
        privateKey: join(place.folder, 'certificates/collector.key'),
      };
      for (const over of [nobody, other, collectors])
        await expect(sinkTo(collector, over).deliver(entries, never)).rejects.toThrow(SinkUnavailable);
      await sinkTo(collector).deliver(entries.slice(0, 1), never);
      expect(await collector.messages(1)).toHaveLength(1);
    });

    it('is sent nothing under a name that its certificate does not bear, or that another authority signed', async () => {
      using place = new Workplace();
      await using collector = await Collector.start(kind, place.folder);
      const entries = hostileEntries('syslog');
      const { caCertificate: ca } = new Authority(place.folder, 'other').sign('isoledger', 'DNS:isoledger');
      for (const over of [{ host: 'localhost' }, { ca }])
        await expect(sinkTo(collector, over).deliver(entries, never)).rejects.toThrow(SinkUnavailable);
      expect(await collector.messages(0)).toEqual([]);
    });

    it('has what the service delivers, and what it holds can be checked', async () => {
      using place = new Workplace();
      await using collector = await Collector.start(kind, place.folder);
      const documents = join(place.folder, 'documents');
      mkdirSync(documents);
      writeFileSync(join(documents, 'town.yaml'), town);
      await place.succeed('apply', documents, '--reason', '"] [x@1 seq="9"] a=b|c\\d \\] = act=forged ä漢😀');
      const config = join(place.folder, 'isoledger.yaml');
      const shipped = readFileSync(siemFile(`${kind.name}/isoledger.yaml`), 'utf8');
      writeFileSync(
        config,
        shipped
          .replace('siem.example:6514', `127.0.0.1:${String(collector.port)}`)
          .replaceAll('/etc/isoledger/siem', join(place.folder, 'certificates')),
      );
      await place.succeed('sinks', 'test', 'collector', '--config', config);
      await using served = await ServeProcess.on(place.ledgerUrl, [
        '--config',
        config,
        '--roles',
        'forwarder',
      ]);
      const { size } = await place.checkpoint();
      // What was tried is there as well, and the heartbeat of the service.
      await collector.messages(size + 2);
      expect(await served.end()).toBe(0);
      await place.succeed('sinks', 'check', collector.messagesPath);
    });
  });
