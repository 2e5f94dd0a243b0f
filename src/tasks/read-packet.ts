import { z } from 'zod';
import { parseAddress } from '../../events/address.ts';
import type { Packet } from '../overlay/port.ts';
import { UsageError } from '../runtime/errors.ts';

const port = z.int().min(0).max(65_535);
const address = z.string().refine((text) => parseAddress(text) !== undefined);
const protocolNumber = z.int().min(0).max(255);
const packetSchema = z.strictObject({
  src: address,
  dst: address,
  protocol: z.union([z.enum(['tcp', 'udp', 'sctp', 'icmp']), protocolNumber, z.string().regex(/^\d{1,3}$/)]),
  srcPort: port.nullish(),
  dstPort: port.nullish(),
});

/** IP protocol numbers (IANA) of the protocols that acls name; ICMP for IPv6 is icmp too. */
const byNumber: Readonly<Record<string, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp',
  132: 'sctp',
};

/** Reads a packet that opens a connection, in JSON as a witness has it. Throws UsageError. */
export function readPacket(text: string): Packet {
  const parsed = packetSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw badPacket(`at ${parsed.error.issues.map(({ path }) => path.join('.') || 'its top').join(', ')}`);
  const { src, dst, srcPort, dstPort } = parsed.data;
  if (parseAddress(src)?.family !== parseAddress(dst)?.family)
    throw badPacket('src is IPv4 and dst IPv6, or the reverse');
  const protocol = byNumber[String(parsed.data.protocol)] ?? String(parsed.data.protocol);
  const hasPorts = ['tcp', 'udp', 'sctp'].includes(protocol);
  if (hasPorts && dstPort === undefined) throw badPacket(`${protocol} needs dstPort`);
  return {
    src,
    dst,
    protocol,
    ...(hasPorts && typeof srcPort === 'number' ? { srcPort } : {}),
    ...(hasPorts && typeof dstPort === 'number' ? { dstPort } : {}),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badPacket('it is not JSON');
  }
}

function badPacket(why: string): UsageError {
  return new UsageError(
    `the packet cannot be read: ${why}. It is JSON such as ` +
      '{"src":"10.1.0.11","dst":"10.2.0.5","protocol":"tcp","srcPort":40000,"dstPort":443}',
  );
}
