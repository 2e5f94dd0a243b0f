/**
 * The few messages of OpenFlow 1.5 (ONF TS-025) that are written and read here: to greet, to ask for groups and meters and how many
 * flows there are, to change meters, and to flush connections. What ports and the bridge itself are set to is in `openflow-settings`. What tells of changes is in `flow-monitor`. Everything with a match or an action is written by ovs-ofctl.
 */

/** The number of OpenFlow 1.5 on the wire. */
export const openFlowVersion = 6;

export const headerLength = 8;

/** Types of messages. */
export const messageType = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  experimenter: 4,
  featuresRequest: 5,
  featuresReply: 6,
  getConfigRequest: 7,
  getConfigReply: 8,
  setConfig: 9,
  portMod: 16,
  multipartRequest: 18,
  multipartReply: 19,
  barrierRequest: 20,
  barrierReply: 21,
  setAsync: 28,
  meterMod: 29,
  requestForward: 32,
} as const;

export interface OpenFlowMessage {
  readonly version: number;
  readonly type: number;
  readonly xid: number;
  readonly body: Buffer;
}

export function encodeMessage(type: number, xid: number, body: Buffer): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(openFlowVersion, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(headerLength + body.length, 2);
  header.writeUInt32BE(xid, 4);
  return Buffer.concat([header, body]);
}

/** A greeting says which versions are spoken, as bits: this one alone. */
export const helloBody = Buffer.from([0, 1, 0, 8, 0, 0, 0, 1 << openFlowVersion]);

/** Nicira's extensions, of which flushing a zone is one. */
const nicira = 0x0000_2320;
const flushZoneSubtype = 29;

/** Body of an experimenter message that flushes the connections of a zone (NXT_CT_FLUSH_ZONE). */
export function flushZoneBody(zone: number): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32BE(nicira, 0);
  body.writeUInt32BE(flushZoneSubtype, 4);
  body.writeUInt16BE(zone, 14);
  return body;
}

export const meterCommand = { add: 0, modify: 1, delete: 2 } as const;

const inKilobits = 1;
const dropBand = 1;

/** Body of a message that changes a meter: everything beyond so many kilobits a second is dropped. */
export function meterModBody(
  command: keyof typeof meterCommand,
  { id, kilobits }: { readonly id: number; readonly kilobits: number },
): Buffer {
  const body = Buffer.alloc(command === 'delete' ? 8 : 24);
  body.writeUInt16BE(meterCommand[command], 0);
  body.writeUInt16BE(inKilobits, 2);
  body.writeUInt32BE(id, 4);
  if (command === 'delete') return body;
  body.writeUInt16BE(dropBand, 8);
  body.writeUInt16BE(16, 10);
  body.writeUInt32BE(kilobits, 12);
  return body;
}

/** What a multipart request asks for: a number, and what else the switch has to know. */
export interface MultipartQuestion {
  readonly type: number;
  readonly about: Buffer;
}

/** Questions for all that there are. */
export const multipart = {
  groups: { type: 7, about: everything(0xffff_fffc) },
  meters: { type: 10, about: everything(0xffff_ffff) },
  ports: { type: 13, about: everything(0xffff_ffff) },
} as const satisfies Record<string, MultipartQuestion>;

function everything(number: number): Buffer {
  const about = Buffer.alloc(8);
  about.writeUInt32BE(number, 0);
  return about;
}

/** Asks how many flows there are whose cookie has these bits where the mask has any. */
export function countQuestion({ cookie, mask }: { cookie: bigint; mask: bigint }): MultipartQuestion {
  const about = Buffer.alloc(40);
  // Of every table, to any port and any group.
  about.writeUInt8(0xff, 0);
  about.writeUInt32BE(0xffff_ffff, 4);
  about.writeUInt32BE(0xffff_ffff, 8);
  about.writeBigUInt64BE(cookie, 16);
  about.writeBigUInt64BE(mask, 24);
  // A match without fields.
  about.writeUInt16BE(1, 32);
  about.writeUInt16BE(4, 34);
  return { type: 2, about };
}

export function multipartBody({ type, about }: MultipartQuestion): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  return Buffer.concat([head, about]);
}

/** A part of an answer, without its own header; `isLast` where nothing follows. */
export function readPart(body: Buffer): { isLast: boolean; part: Buffer } {
  return { isLast: (body.readUInt16BE(2) & 1) === 0, part: body.subarray(8) };
}

/** The head of the field that counts flows, among those that an answer is made of: its class, its number, and its length. */
const flowCountField = 0x8002_0604;

/** Reads the answer to a countQuestion. Throws RangeError where it does not say one number. */
export function readCount(part: Buffer): number[] {
  const fields = slice(part, 0, part.readUInt16BE(2));
  const counts: number[] = [];
  for (let at = 4; at < fields.length; at += 4 + fields.readUInt8(at + 3))
    if (fields.readUInt32BE(at) === flowCountField) counts.push(fields.readUInt32BE(at + 4));
  if (counts.length !== 1) throw new RangeError('an answer that does not count flows');
  return counts;
}

/** A group of a switch: its number, and the bytes of the notes that its buckets hold. */
export interface SwitchGroup {
  readonly id: number;
  readonly notes: readonly Buffer[];
}

/** Reads descriptions of groups. Throws RangeError where they are cut short or lie about their lengths. */
export function readGroups(part: Buffer): SwitchGroup[] {
  return pieces(part, { lengthAt: 0, lengthMin: 16 }).map((group) => {
    const buckets = slice(group, 16, group.readUInt16BE(8));
    return {
      id: group.readUInt32BE(4),
      notes: pieces(buckets, { lengthAt: 0, lengthMin: 8 }).flatMap(notesOf),
    };
  });
}

const experimenterAction = 0xffff;
const noteSubtype = 8;

function notesOf(bucket: Buffer): Buffer[] {
  return pieces(slice(bucket, 8, bucket.readUInt16BE(2)), { lengthAt: 2, lengthMin: 8 })
    .filter(
      (action) =>
        action.readUInt16BE(0) === experimenterAction &&
        action.readUInt32BE(4) === nicira &&
        action.readUInt16BE(8) === noteSubtype,
    )
    .map((action) => action.subarray(10));
}

/** A meter of a switch; the rate is undefined where it is not one that drops beyond so many kilobits a second. */
export interface SwitchMeter {
  readonly id: number;
  readonly kilobits?: number;
}

/** Reads the configurations of meters. Throws RangeError. */
export function readMeters(part: Buffer): SwitchMeter[] {
  return pieces(part, { lengthAt: 0, lengthMin: 8 }).map((meter) => {
    const id = meter.readUInt32BE(4);
    const [band, ...others] = pieces(meter.subarray(8), { lengthAt: 2, lengthMin: 16 });
    const isPlain =
      others.length === 0 && meter.readUInt16BE(2) === inKilobits && band?.readUInt16BE(0) === dropBand;
    return band !== undefined && isPlain ? { id, kilobits: band.readUInt32BE(4) } : { id };
  });
}

/** Cuts bytes into pieces, each of which tells its own length. Throws RangeError. */
export function pieces(
  bytes: Buffer,
  { lengthAt, lengthMin }: { lengthAt: number; lengthMin: number },
): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt16BE(at + lengthAt);
    if (length < lengthMin) throw new RangeError('a piece that is shorter than its own head');
    found.push(slice(bytes, at, length));
    at += length;
  }
  return found;
}

function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new RangeError('a piece that is longer than what it is in');
  return bytes.subarray(start, start + length);
}

const errorNames: ReadonlyMap<number, string> = new Map([
  [0, 'OFPET_HELLO_FAILED'],
  [1, 'OFPET_BAD_REQUEST'],
  [12, 'OFPET_METER_MOD_FAILED'],
]);

const meterErrors = [
  'OFPMMFC_UNKNOWN',
  'OFPMMFC_METER_EXISTS',
  'OFPMMFC_INVALID_METER',
  'OFPMMFC_UNKNOWN_METER',
  'OFPMMFC_BAD_COMMAND',
  'OFPMMFC_BAD_FLAGS',
  'OFPMMFC_BAD_RATE',
  'OFPMMFC_BAD_BURST',
  'OFPMMFC_BAD_BAND',
  'OFPMMFC_BAD_BAND_VALUE',
  'OFPMMFC_OUT_OF_METERS',
  'OFPMMFC_OUT_OF_BANDS',
];

/** The name of an error, or its numbers where it has none here. */
export function errorName(body: Buffer): string {
  const [type, code] = [body.readUInt16BE(0), body.readUInt16BE(2)];
  const meterError = type === 12 ? meterErrors[code] : undefined;
  return meterError ?? `${errorNames.get(type) ?? `error type ${String(type)}`}, code ${String(code)}`;
}
