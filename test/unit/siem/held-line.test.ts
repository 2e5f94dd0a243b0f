import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { digestOf } from '../../../events/codec/canonical.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { formatNamed, formatNames, type FormatName } from '../../../src/siem/formats/named.ts';
import { heldLine, type HeldLine } from '../../../src/siem/sinks/held-line.ts';
import { parseSyslog } from '../../oracle/syslog-message.ts';
import { corpusFolder } from '../../tools/corpus/render.ts';
import { context, entryWith, heartbeat } from './stream-sample.ts';

const other = '0199c0de-0000-7000-8000-00000000000f';
const hash = 'ab'.repeat(32);

/** Whole lines that stand for something else: of the sample corpus, and heartbeats. */
const others = [
  ...['entries.ndjson', 'cloudevents.ndjson', 'ecs.ndjson', 'ocsf.ndjson', 'cef.log', 'syslog.log'].map(
    (file) =>
      readFileSync(new URL(`../../../${corpusFolder}${file}`, import.meta.url), 'utf8').split('\n')[0] ?? '',
  ),
  ...formatNames.map((name) => formatNamed(name).heartbeat(heartbeat, context)),
];

/** What a reader of lines could take for the beginning, or for a part, of another line. */
const marks = [
  '[isoledger@32473 ',
  `[isoledger@32473 seq="7" id="${other}" leafHash="${hash}"]`,
  `"] [isoledger@32473 id="${other}"] `,
  `<109>1 2026-03-01T12:00:00.000Z h isoledger - X [isoledger@32473 seq="7" id="${other}"] x`,
  `120 <109>1 - - - - - [isoledger@32473 id="a:heartbeat:b"]`,
  'CEF:0|isoledger|',
  `CEF:0|isoledger| externalId=${other} cn1=7 cs5=${hash} x`,
  `CEF:0|isoledger|isoledger|1|X|X|1|externalId=x:heartbeat:y `,
  `Mar  1 12:00:00 h isoledger: CEF:0|isoledger|isoledger|1|X|X|1|externalId=${other}`,
  ...[` externalId=${other} `, ' cn1=7', ` cs5=${hash}`, '|', '||||||', '\\', '"', ']', '=', ' ', '\n'],
  ...[` id="${other}"`, ' seq="7"', '{"heartbeat":{"root":"x"}}', `{"_raw":"${other}"}`, other, '7', '":{'],
];

const free = fc
  .array(
    fc.oneof(
      fc.constantFrom(...marks),
      fc.constantFrom(...others),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((pieces) => pieces.join(''))
  .filter((text) => text.isWellFormed() && text !== '');

/** A line as those hold it that are delivered to: as it came, or within what they put around it. */
const holders: Readonly<Record<string, (line: string) => string>> = {
  'as it came': (line) => line,
  'with its line end': (line) => `${line}\r\n`,
  'a search of Splunk': (line) => JSON.stringify({ result: { _raw: line, _time: 'x' } }),
  'an export of Splunk': (line) => JSON.stringify({ _raw: line }),
};

/** As above, for what is JSON. */
const jsonHolders: Readonly<Record<string, (line: string) => string>> = {
  'a search of Elasticsearch': (line) => `{"_index":"x","_id":"y","_source":${line}}`,
  'the collector of Splunk': (line) => `{"fields":{"event_id":"x"},"event":${line}}`,
  'what a collector keeps of that': (line) => `{"time":1772352000,"event":${line}}`,
};

/** As above, for what is the message of syslog. */
const messageHolders: Readonly<Record<string, (line: string) => string>> = {
  'a sink of syslog': (line) => `<109>1 2026-03-01T12:00:00.000Z ledger-1 isoledger - - - ${line}`,
  'a relay that adds data': (line) =>
    `<109>1 2026-03-01T12:00:00.000Z ledger-1 isoledger - - [relay@1 a="\\"]"][b] \ufeff${line}`,
  'a file of rsyslog': (line) => `Mar  1 12:00:00 ledger-1 isoledger ${line}`,
  'a file of syslog-ng': (line) => `2026-03-01T12:00:00+00:00 ledger-1 isoledger: ${line}`,
  'a message by RFC 3164': (line) => `<109>Mar 11 12:00:00 ledger-1 ${line}`,
};

const syslogHolders: Readonly<Record<string, (line: string) => string>> = {
  'a stream of frames': (line) => `${String(Buffer.byteLength(line))} ${line}`,
  'a relay that adds data': (line) => line.replace(' [isoledger', ' [relay@1 id="x \\"]"][isoledger'),
};

function holdersOf(format: FormatName): readonly (readonly [string, (line: string) => string])[] {
  return Object.entries({
    ...holders,
    ...(format === 'syslog' ? syslogHolders : messageHolders),
    ...(format === 'syslog' || format === 'cef' ? {} : jsonHolders),
  });
}

describe('a line that a receiver holds', () => {
  it.each(formatNames)('is about its own entry in %s, whatever somebody wrote in it', (format) => {
    const about: Record<FormatName, readonly (keyof HeldLine)[]> = {
      entries: ['id', 'whole'],
      cloudevents: ['id', 'seq', 'whole'],
      ecs: ['id', 'seq', 'leaf', 'whole'],
      ocsf: ['id', 'seq', 'leaf'],
      cef: ['id', 'seq', 'leaf'],
      syslog: ['id', 'seq', 'leaf'],
    };
    fc.assert(
      fc.property(free, (text) => {
        const entry = entryWith(text);
        const line = formatNamed(format).write(entry, context);
        const form = format === 'cloudevents' ? 'cloudevents' : 'entries';
        const value: unknown = JSON.parse(formatNamed(form).write(entry, context));
        const all = {
          id: entry.envelope.id,
          seq: entry.seq,
          leaf: leafHash(entry.stored.bytes),
          whole: { form, digest: digestOf(value) },
        };
        const wanted = Object.fromEntries(about[format].map((key) => [key, all[key]]));
        for (const [name, hold] of holdersOf(format))
          expect({ name, ...heldOf(hold(line)) }).toEqual({ name, ...wanted });
      }),
    );
  });

  it('is about its own entry as rsyslog and syslog-ng write it in JSON', () => {
    fc.assert(
      fc.property(free, (text) => {
        const entry = entryWith(text);
        const { parameters, message } = parseSyslog(formatNamed('syslog').write(entry, context));
        const held = heldOf(JSON.stringify({ message, event: Object.fromEntries(parameters) }));
        expect(held).toMatchObject({ id: entry.envelope.id });
      }),
    );
  });

  it.each(formatNames)('is a heartbeat in %s where it is one', (format) => {
    const line = formatNamed(format).heartbeat(heartbeat, context);
    for (const [name, hold] of holdersOf(format))
      expect([name, heldLine(hold(line))]).toEqual([name, 'heartbeat']);
  });

  const [entryLine = '', cloudEventLine = '', ecsLine = ''] = others;

  it.each([
    ['its first key twice', (json: string) => json.replace(/^\{/, '{"type":"Fake",')],
    [
      'a key twice within',
      (json: string) => json.replace('"actor":{', '"actor":{"kind":"x","k\\u0069nd":"y",'),
    ],
  ])('holds no whole that anything could be like, with %s', (_what, twice) => {
    for (const line of [entryLine, cloudEventLine]) {
      expect(heldOf(line).whole?.digest).toBeDefined();
      for (const held of [twice(line), `{"_source":${twice(line)}}`, JSON.stringify({ _raw: twice(line) })]) {
        expect(held).not.toContain(line);
        expect(heldOf(held).whole).toMatchObject({ digest: undefined });
      }
    }
    const held = ecsWith(twice);
    expect(heldOf(held).whole).toMatchObject({ digest: undefined });
  });

  it.each([
    ['first', (json: string) => json.replace(/^\{/, '{"__proto__":{"type":"Fake"},')],
    ['within', (json: string) => json.replace('"actor":{', '"actor":{"__proto__":{"kind":"x"},')],
  ])('holds something else where a key is added that a program may pass over, %s', (_where, add) => {
    for (const [, hold] of holdersOf('entries')) {
      for (const line of [entryLine, cloudEventLine]) {
        const { digest } = heldOf(hold(line)).whole ?? {};
        expect(digest).toBeDefined();
        expect(heldOf(hold(add(line))).whole?.digest).toMatch(/./);
        expect(heldOf(hold(add(line))).whole?.digest).not.toBe(digest);
      }
    }
    expect(heldOf(ecsWith(add)).whole?.digest).not.toBe(heldOf(ecsWith((text) => text)).whole?.digest);
  });

  it('is nothing of ECS where it was altered so that it has no format any more', () => {
    for (const [line, key] of [
      [entryLine, 'v'],
      [entryLine, 'recordedAt'],
      [cloudEventLine, 'specversion'],
    ] as const) {
      const { [key]: left, ...others } = z.looseObject({}).parse(JSON.parse(line));
      expect(left).toBeDefined();
      expect(heldLine(JSON.stringify({ event: others }))).toBeUndefined();
    }
  });

  it.each([
    ['cut', (text: string) => text.slice(0, 200)],
    ['empty', () => ''],
    ['a word', () => 'gone'],
    ['another value', () => '[]'],
    ['with another end', (text: string) => `${text.slice(0, -1)}x`],
  ])('in ecs holds no whole that anything could be like, where the original is %s', (_what, change) => {
    expect(heldOf(ecsWith((text) => text)).whole?.digest).toBeDefined();
    expect(heldOf(ecsWith(change)).whole).toEqual({ form: 'entries', digest: undefined });
  });

  function ecsWith(change: (original: string) => string): string {
    const { event, ...more } = z
      .looseObject({ event: z.looseObject({ original: z.string() }) })
      .parse(JSON.parse(ecsLine));
    return JSON.stringify({ ...more, event: { ...event, original: change(event.original) } });
  }

  it('is none where it only speaks of one', () => {
    fc.assert(
      fc.property(free, (text) => {
        const flat = text.replaceAll('\n', ' ');
        for (const line of [
          `x ${flat}`,
          `<109>1 - - - - - - x ${flat}`,
          JSON.stringify({ message: text }),
          `{${flat}`,
        ])
          expect(heldLine(line)).toBeUndefined();
      }),
    );
  });
});

function heldOf(line: string): HeldLine {
  const held = heldLine(line);
  if (typeof held !== 'object') throw new Error(`${String(held)}: ${line}`);
  return held;
}
