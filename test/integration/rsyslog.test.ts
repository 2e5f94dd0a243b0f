import { expect, it } from 'vitest';
import { z } from 'zod';
import { printable } from '../../src/runtime/printable.ts';
import { formatNamed, type FormatName } from '../../src/siem/formats/named.ts';
import { describeNeeding } from '../support/needs.ts';
import { Rsyslog, rsyslogd } from '../support/rsyslog.ts';
import { Workplace } from '../support/command-line.ts';
import { samples } from '../unit/events/samples.ts';
import { context, heartbeat, streamed } from '../unit/siem/stream-sample.ts';

const hostile = 'CAB-7\n<0>1 "] [x@1 seq="9"] a=b|c\\d ]" \\] \u001b[2J\u202e = act=forged ä漢😀';

function messages(name: FormatName): string[] {
  const { write, heartbeat: beat } = formatNamed(name);
  const entries = Object.values(samples).map((sample) =>
    streamed(sample, { reason: hostile, source: hostile }),
  );
  return [...entries.map((entry) => write(entry, context)), beat(heartbeat, context)];
}

const types = [...Object.keys(samples), 'heartbeat'];

const syslogRead = z.object({
  pri: z.string(),
  hostname: z.string(),
  'app-name': z.string(),
  msgid: z.string(),
  msg: z.string(),
  parsed: z.object({ 'rfc5424-sd': z.object({ 'isoledger@32473': z.record(z.string(), z.string()) }) }),
});
const cefRead = z.object({
  parsed: z.object({
    DeviceVendor: z.literal('isoledger'),
    DeviceVersion: z.literal('1.2.3'),
    SignatureID: z.string(),
    Severity: z.string(),
    Extensions: z.record(z.string(), z.string()),
  }),
});

describeNeeding([rsyslogd], 'rsyslogd', () => {
  it('reads every kind of event from syslog, hostile text included', async () => {
    using place = new Workplace();
    await using receiver = await new Rsyslog(place.folder).start('syslog');
    const read = (await receiver.read(messages('syslog'))).map((one) => syslogRead.parse(one));
    expect(read.map(({ msgid }) => msgid)).toEqual(types);
    for (const { parsed, ...header } of read) {
      const parameters = parsed['rfc5424-sd']['isoledger@32473'];
      // Of facility 13: notice, and alert for a violation.
      const pri = header.msgid === 'IsolationViolated' ? '105' : '109';
      expect(header).toMatchObject({ pri, hostname: 'ledger-1', 'app-name': 'isoledger' });
      expect(parameters['ledger']).toBe('a1b2c3d4');
      if (header.msgid === 'heartbeat') continue;
      expect(parameters).toMatchObject({ seq: '41', type: header.msgid });
      expect(parameters['reason']).toBe(printable(hostile));
    }
  });

  it('reads every kind of event from CEF, hostile text included', async () => {
    using place = new Workplace();
    await using receiver = await new Rsyslog(place.folder).start('cef');
    const read = (await receiver.read(messages('cef'))).map((one) => cefRead.parse(one).parsed);
    expect(read.map(({ SignatureID }) => SignatureID)).toEqual(types);
    for (const { SignatureID, Extensions } of read.slice(0, -1)) {
      expect(Extensions).toMatchObject({ cn1: '41', cn1Label: 'seq', deviceExternalId: 'a1b2c3d4' });
      expect([SignatureID, Extensions['reason']]).toEqual([
        SignatureID,
        hostile.split('\n').map(printable).join('\n'),
      ]);
    }
  });
});
