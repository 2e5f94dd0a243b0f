import { isLearnedCookie } from '../pipeline/learned.ts';
import { tables } from '../pipeline/tables.ts';
import { messageType, multipartBody, pieces, readPart, type OpenFlowMessage } from './openflow-messages.ts';

/** Kinds of multipart messages: that flows are to be told of as they change, and what became of them. */
const flowMonitor = 16;

/** Of a flow monitor: flows that come, go and change, without what they do. What is there already is not asked for. */
const comingGoingChanging = 0b1110;

/** Of settings of what is told unasked: requests of others that a switch passes on, to those that are slaves, and to all else. */
const passedOn = [10, 11];

/** Bits of it: changes of groups. Those of meters come before a mark is led on, and would look like somebody else's. */
const groupChanges = 1;

/** Asks that every flow is told of as it changes. Switches know it since Open vSwitch 2.16 or so; others refuse. */
export function flowMonitorRequest(): { type: number; body: Buffer } {
  const about = Buffer.alloc(24);
  about.writeUInt32BE(1, 0);
  // To any port, any group, of every table, and a match without fields.
  about.writeUInt32BE(0xffff_ffff, 4);
  about.writeUInt32BE(0xffff_ffff, 8);
  about.writeUInt16BE(comingGoingChanging, 12);
  about.writeUInt8(0xff, 14);
  about.writeUInt16BE(1, 16);
  about.writeUInt16BE(4, 18);
  return { type: messageType.multipartRequest, body: multipartBody({ type: flowMonitor, about }) };
}

/** Asks that changes of groups are passed on, of which the mark is made. */
export function groupWatchRequest(): { type: number; body: Buffer } {
  const body = Buffer.concat(
    passedOn.map((property) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16BE(property, 0);
      bytes.writeUInt16BE(bytes.length, 2);
      bytes.writeUInt32BE(groupChanges, 4);
      return bytes;
    }),
  );
  return { type: messageType.setAsync, body };
}

const happened = new Map([
  [1, 'came'],
  [2, 'went'],
  [3, 'was changed'],
]);

/**
 * What a message of a switch says that was changed, in words. Flows that it learned by itself, or forgot, are none. Throws RangeError
 * for what cannot be read.
 */
export function changesToldBy({ type, body }: OpenFlowMessage): string[] {
  if (type === messageType.requestForward) return ['a group was changed'];
  if (type !== messageType.multipartReply || body.readUInt16BE(0) !== flowMonitor) return [];
  return pieces(readPart(body).part, { lengthAt: 0, lengthMin: 8 }).flatMap((update) => {
    const words = happened.get(update.readUInt16BE(2));
    if (words === undefined) return [];
    const table = update.readUInt8(4);
    const cookie = `0x${update.readBigUInt64BE(16).toString(16)}`;
    return table === tables.learned && isLearnedCookie(cookie)
      ? []
      : [`a flow of table ${String(table)} ${words}`];
  });
}
