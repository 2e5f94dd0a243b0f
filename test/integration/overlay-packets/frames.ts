import { parseAddress } from '../../../events/address.ts';

/** IP protocols, as frames are made of them. In IPv6 icmp is 58, and `icmp` here means that one. */
export const protocols = { icmp: 1, tcp: 6, udp: 17, icmpV6: 58, nameless: 253 } as const;
export type PacketProtocol = 'icmp' | 'tcp' | 'udp' | 'nameless';

export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

/** The MAC address that the switch answers with, and to which workloads send. */
export const virtualMac = '02:00:00:00:00:01';
export const broadcastMac = 'ff:ff:ff:ff:ff:ff';

const etherTypes = { 4: 0x0800, 6: 0x86dd } as const;

/** An Ethernet frame. */
export function ethernet({
  from,
  to = virtualMac,
  type,
  payload,
}: {
  from: string;
  to?: string;
  type: number;
  payload: Buffer;
}): Buffer {
  const header = Buffer.concat([macBytes(to), macBytes(from), uint16(type)]);
  return Buffer.concat([header, payload]);
}

/** The frame of an IP packet. */
export function ipFrame(from: string, packet: Buffer, to = virtualMac): Buffer {
  return ethernet({ from, to, type: isV6Packet(packet) ? etherTypes[6] : etherTypes[4], payload: packet });
}

export interface IpHeader {
  readonly source: string;
  readonly target: string;
  /** The number in the header. */
  readonly protocol: number;
  readonly ttl?: number;
  /** IPv4 only: identification, and the 16 bits of flags and offset as they stand in the header. */
  readonly id?: number;
  readonly fragment?: number;
  /** IPv4 only, a multiple of four bytes. */
  readonly options?: Buffer;
}

/** An IP packet, of the family of its addresses. */
export function ip(header: IpHeader, payload: Buffer): Buffer {
  return isV6(header.source) ? ipV6(header, payload) : ipV4(header, payload);
}

function ipV4(header: IpHeader, payload: Buffer): Buffer {
  const { source, target, protocol, ttl = 64, id = 0, fragment = 0, options = Buffer.alloc(0) } = header;
  const bytes = Buffer.concat([Buffer.alloc(20), options]);
  bytes.writeUInt8(0x40 | (bytes.length / 4), 0);
  bytes.writeUInt16BE(bytes.length + payload.length, 2);
  bytes.writeUInt16BE(id, 4);
  bytes.writeUInt16BE(fragment, 6);
  bytes.writeUInt8(ttl, 8);
  bytes.writeUInt8(protocol, 9);
  addressBytes(source).copy(bytes, 12);
  addressBytes(target).copy(bytes, 16);
  bytes.writeUInt16BE(checksum(bytes), 10);
  return Buffer.concat([bytes, payload]);
}

function ipV6({ source, target, protocol, ttl = 64 }: IpHeader, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(0x60, 0);
  bytes.writeUInt16BE(payload.length, 4);
  bytes.writeUInt8(protocol, 6);
  bytes.writeUInt8(ttl, 7);
  return Buffer.concat([bytes, addressBytes(source), addressBytes(target), payload]);
}

export interface Ends {
  readonly source: string;
  readonly target: string;
}

/** A UDP datagram, without its IP header. */
export function udp(ends: Ends, ports: { from: number; to: number }, data: Buffer): Buffer {
  const header = Buffer.concat([uint16(ports.from), uint16(ports.to), uint16(8 + data.length), uint16(0)]);
  return summed(ends, protocols.udp, { payload: Buffer.concat([header, data]), at: 6 });
}

/** A TCP segment, without its IP header. */
export function tcp(
  ends: Ends,
  ports: { from: number; to: number },
  {
    flags,
    sequence = 1000,
    acknowledged = 0,
    data = Buffer.alloc(0),
  }: {
    flags: number;
    sequence?: number;
    acknowledged?: number;
    data?: Buffer;
  },
): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(ports.from, 0);
  header.writeUInt16BE(ports.to, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt32BE(acknowledged, 8);
  header.writeUInt8(0x50, 12);
  header.writeUInt8(flags, 13);
  header.writeUInt16BE(64_000, 14);
  return summed(ends, protocols.tcp, { payload: Buffer.concat([header, data]), at: 16 });
}

/** An ICMP message; `rest` is what follows the checksum. */
export function icmp(ends: Ends, { type, code = 0 }: { type: number; code?: number }, rest: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([type, code]), uint16(0), rest]);
  if (isV6(ends.source)) return summed(ends, protocols.icmpV6, { payload, at: 2 });
  payload.writeUInt16BE(checksum(payload), 2);
  return payload;
}

/** Errors about a packet, by its start: unreachable, too big, time exceeded, parameter problem, slow down. */
export function errorsAbout(ends: Ends, about: Buffer): Buffer[] {
  const kinds = isV6(ends.source)
    ? [[1, 4], [2, 0], [3, 0], [4, 0]] // prettier-ignore
    : [[3, 1], [3, 3], [3, 4], [11, 0], [12, 0], [4, 0]]; // prettier-ignore
  const protocol = isV6(ends.source) ? protocols.icmpV6 : protocols.icmp;
  return kinds.map(([type = 0, code = 0]) =>
    ip({ ...ends, protocol }, icmp(ends, { type, code }, Buffer.concat([Buffer.alloc(4), about]))),
  );
}

/** A ping. */
export function echo(ends: Ends, { id, isReply = false }: { id: number; isReply?: boolean }): Buffer {
  const type = isV6(ends.source) ? (isReply ? 129 : 128) : isReply ? 0 : 8;
  return icmp(ends, { type }, Buffer.concat([uint16(id), uint16(1), uint16(id)]));
}

export interface Arp {
  readonly isReply?: boolean;
  readonly senderMac: string;
  readonly sender: string;
  readonly targetMac?: string;
  readonly target: string;
}

/** The payload of an ARP frame, whose type is 0x0806. */
export function arp({ isReply = false, senderMac, sender, targetMac, target }: Arp): Buffer {
  const fixed = Buffer.from([0, 1, 8, 0, 6, 4, 0, isReply ? 2 : 1]);
  const unknown = '00:00:00:00:00:00';
  return Buffer.concat([
    fixed,
    ...[macBytes(senderMac), addressBytes(sender)],
    ...[macBytes(targetMac ?? unknown), addressBytes(target)],
  ]);
}

export function isV6(address: string): boolean {
  return address.includes(':');
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

export function addressBytes(text: string): Buffer {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  const length = parsed.family === 4 ? 4 : 16;
  return Buffer.from(parsed.value.toString(16).padStart(length * 2, '0'), 'hex');
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function isV6Packet(packet: Buffer): boolean {
  return packet.readUInt8(0) >> 4 === 6;
}

/** With its checksum at that offset, over the pseudo header too (RFC 9293, 3.1; RFC 8200, 8.1). */
function summed(
  { source, target }: Ends,
  protocol: number,
  { payload, at }: { payload: Buffer; at: number },
): Buffer {
  const pseudo = Buffer.concat([
    ...[addressBytes(source), addressBytes(target)],
    ...[uint16(0), uint16(protocol), uint16(0), uint16(payload.length)],
  ]);
  payload.writeUInt16BE(checksum(Buffer.concat([pseudo, payload])) || 0xffff, at);
  return payload;
}

/** The checksum of the internet (RFC 1071). */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2)
    sum += at + 1 < bytes.length ? bytes.readUInt16BE(at) : bytes.readUInt8(at) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
