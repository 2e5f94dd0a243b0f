import { formatAddress } from '../../../events/address.ts';

/** What a frame is, as far as tests tell frames apart. */
export type Seen =
  | {
      readonly kind: 'ip';
      readonly source: string;
      readonly target: string;
      /** The number in the header; 0 to 255. */
      readonly protocol: number;
      /** What follows the IP header, extension headers of IPv6 included. */
      readonly payload: Buffer;
    }
  | { readonly kind: 'other'; readonly type: number; readonly payload: Buffer };

/** Reads a frame. One that is cut short is of kind `other`. */
export function seenIn(frame: Buffer): Seen {
  const type = frame.readUInt16BE(12);
  const payload = frame.subarray(14);
  if (type === 0x0800 && payload.length >= 20) {
    const header = (payload.readUInt8(0) & 15) * 4;
    const total = payload.readUInt16BE(2);
    return {
      kind: 'ip',
      source: addressAt(payload, 12, 4),
      target: addressAt(payload, 16, 4),
      protocol: payload.readUInt8(9),
      payload: payload.subarray(header, total),
    };
  }
  if (type === 0x86dd && payload.length >= 40)
    return {
      kind: 'ip',
      source: addressAt(payload, 8, 16),
      target: addressAt(payload, 24, 16),
      protocol: payload.readUInt8(6),
      payload: payload.subarray(40, 40 + payload.readUInt16BE(4)),
    };
  return { kind: 'other', type, payload };
}

function addressAt(bytes: Buffer, offset: number, length: 4 | 16): string {
  const value = BigInt(`0x${bytes.subarray(offset, offset + length).toString('hex')}`);
  return formatAddress({ family: length === 4 ? 4 : 6, value });
}
