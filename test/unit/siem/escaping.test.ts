import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { printable } from '../../../src/runtime/printable.ts';
import type { StreamEntry } from '../../../src/siem/event-stream.ts';
import { formatNamed, formatNames, type FormatName } from '../../../src/siem/formats/named.ts';
import { parseCef } from '../../oracle/cef-message.ts';
import { parseSyslog } from '../../oracle/syslog-message.ts';
import { samples } from '../events/samples.ts';
import { context, entryWith, streamed } from './stream-sample.ts';

/** Text that steers a terminal, ends a line, a field or a value, turns the writing, or looks like a part of a format. */
const hostilePieces = [
  ...[
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\0',
    '\u001b[2J',
    '\u0007',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\u{e0041}',
  ],
  ...[
    '|',
    '\\',
    '\\\\',
    '=',
    ' =',
    ' act=x',
    '\\=',
    '\\n',
    '"',
    ']',
    '"] ',
    '\\"',
    '[isoledger@32473 seq="9"]',
  ],
  ...['CEF:0|a|b|c|', '<0>1 ', '{"a":1}', '…', 'ä', '漢', '😀', ' ', '  '],
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...hostilePieces), fc.string({ unit: 'grapheme', maxLength: 8 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((pieces) => pieces.join(''))
  .filter((text) => text.isWellFormed() && text !== '');

function written(name: FormatName, entry: StreamEntry): string {
  return formatNamed(name).write(entry, context);
}

describe('text of others in a format', () => {
  it('never passes a control character, and stays on its line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const name of formatNames.filter((one) => one !== 'entries')) {
          const line = written(name, entryWith(text));
          expect(printable(line)).toBe(line);
        }
      }),
    );
  });

  it('comes back from JSON as it was', () => {
    const cloudEvent = z.looseObject({ data: z.looseObject({ reason: z.string() }) });
    const ecsEvent = z.looseObject({ event: z.looseObject({ reason: z.string(), original: z.string() }) });
    const ocsfEvent = z.looseObject({ comment: z.string(), status_detail: z.string() });
    fc.assert(
      fc.property(hostile, (text) => {
        const entry = entryWith(text);
        const parsed = (name: FormatName): unknown => JSON.parse(written(name, entry));
        expect(cloudEvent.parse(parsed('cloudevents')).data.reason).toBe(text);
        const { event } = ecsEvent.parse(parsed('ecs'));
        expect(event.reason).toBe(text);
        expect(Buffer.from(event.original)).toEqual(Buffer.from(entry.stored.bytes));
        expect(ocsfEvent.parse(parsed('ocsf'))).toMatchObject({ comment: text, status_detail: text });
      }),
    );
  });

  it('comes back from CEF as its lines, and forges no key', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { header, extension } = parseCef(written('cef', entryWith(text)));
        const lines = text.split(/\r\n|\r|\n/).map(printable);
        expect(header).toEqual([
          'CEF:0',
          'isoledger',
          'isoledger',
          '1.2.3',
          'ChangeFailed',
          'Change failed',
          '5',
        ]);
        expect(extension.get('reason')).toBe(lines.join('\n'));
        expect(extension.get('act')).toBe('applied');
        expect(extension.get('cn1')).toBe('41');
        expect(extension.get('deviceExternalId')).toBe(context.ledgerId);
      }),
    );
  });

  it('comes back from syslog as people see it, and forges no parameter', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { parameters, message } = parseSyslog(written('syslog', entryWith(text)));
        expect(parameters.get('reason')).toBe(printable(text));
        expect(parameters.get('seq')).toBe('41');
        expect(message).toBe(printable(`Change failed: host hv-1 did not take plan 2: ${text}`));
      }),
    );
  });
});

describe('text that is too long', () => {
  const piece = fc.constantFrom('a', '"', '\\', ']', 'ä', '漢', '😀', '\u{10ffff}', '\u0007', '=');
  const long = fc.tuple(piece, piece).map(([one, two]) => (one + two).repeat(1000));

  it('is cut in syslog to 8 KiB, between characters, and the ledger, seq and id stay', () => {
    fc.assert(
      fc.property(long, (text) => {
        const line = written('syslog', entryWith(text));
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8192);
        const { parameters, message } = parseSyslog(line);
        expect(line).not.toContain('\ufffd');
        const whole = printable(`Change failed: host hv-1 did not take plan 2: ${text}`);
        expect(message === whole || message.endsWith('…')).toBe(true);
        expect(whole.startsWith(message.slice(0, -1))).toBe(true);
        expect(parameters.get('reason')?.endsWith('…')).toBe(true);
        expect(parameters.get('id')).toBe('0199c0de-0000-7000-8000-000000000001');
        expect(parameters.get('leafHash')).toMatch(/^[0-9a-f]{64}$/);
      }),
      { numRuns: 60 },
    );
  });

  it('is cut in CEF to what a key takes', () => {
    fc.assert(
      fc.property(long, (text) => {
        const { extension } = parseCef(written('cef', entryWith(text)));
        expect(extension.get('reason')?.endsWith('…')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the header of a syslog message', () => {
  it('has a name of a machine that any receiver reads, and a dash for none', () => {
    const nameOf = (host: string | undefined): string =>
      parseSyslog(formatNamed('syslog').write(streamed(samples.ShardResumed), { ...context, host })).hostname;
    expect([nameOf('böser name'), nameOf(''), nameOf(undefined)]).toEqual(['b?ser?name', '-', '-']);
  });

  it('is 109: the log audit, to be noticed', () => {
    expect(parseSyslog(written('syslog', streamed(samples.DriftDetected)))).toMatchObject({
      priority: 109,
      appName: 'isoledger',
      messageId: 'DriftDetected',
      dataId: 'isoledger@32473',
    });
  });
});
