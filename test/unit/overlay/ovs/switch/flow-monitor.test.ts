import { describe, expect, it } from 'vitest';
import { changesToldBy } from '../../../../../src/overlay/ovs/switch/flow-monitor.ts';
import { messageType } from '../../../../../src/overlay/ovs/switch/openflow-messages.ts';

/** A message about one flow, as a switch sends it. */
function about(event: number, { table = 3, cookie = 7n } = {}): Buffer {
  const update = Buffer.alloc(32);
  update.writeUInt16BE(update.length, 0);
  update.writeUInt16BE(event, 2);
  update.writeUInt8(table, 4);
  update.writeBigUInt64BE(cookie, 16);
  const head = Buffer.alloc(8);
  head.writeUInt16BE(16, 0);
  return Buffer.concat([head, update]);
}

function toldBy(body: Buffer, type: number = messageType.multipartReply): string[] {
  return changesToldBy({ version: 6, xid: 0, type, body });
}

describe('what a switch tells of changes', () => {
  it('says which flow came, went or was changed, and that a group was', () => {
    expect([1, 2, 3].flatMap((event) => toldBy(about(event)))).toEqual([
      'a flow of table 3 came',
      'a flow of table 3 went',
      'a flow of table 3 was changed',
    ]);
    expect(toldBy(Buffer.alloc(8), messageType.requestForward)).toEqual(['a group was changed']);
  });

  it('is nothing where a flow was learned, a pause was made, or something else was said', () => {
    const learned = 0x150f_0000_0000_0005n;
    expect(toldBy(about(1, { table: 17, cookie: learned }))).toEqual([]);
    expect(toldBy(about(1, { table: 17 }))).toHaveLength(1);
    expect(toldBy(about(1, { table: 11, cookie: learned }))).toHaveLength(1);
    expect([4, 5, 6].flatMap((event) => toldBy(about(event)))).toEqual([]);
    expect(toldBy(Buffer.alloc(8))).toEqual([]);
    expect(toldBy(Buffer.alloc(0), messageType.echoReply)).toEqual([]);
  });

  it('cannot be read where it is cut short', () => {
    const whole = about(1);
    for (const length of [1, 9, 12, whole.length - 1])
      expect(() => toldBy(whole.subarray(0, length))).toThrow(RangeError);
    const short = Buffer.from(about(1).subarray(0, 16));
    short.writeUInt16BE(8, 8);
    expect(() => toldBy(short)).toThrow(RangeError);
  });
});
