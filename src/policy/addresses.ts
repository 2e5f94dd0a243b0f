import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { formatAddress, type Address } from '../../events/address.ts';
import { textForm } from './field-doc.ts';
import { text } from './fields.ts';
import { Flaw } from './flaw.ts';

const addressWords =
  'an IPv4 address in four decimal parts, as 10.1.0.11, or an IPv6 address, as 2001:db8::1';
const cidrWords = 'an IPv4 or IPv6 prefix, as 198.51.100.0/24 or 2001:db8::/32';

export const addressForm = textForm(addressWords, /^[0-9A-Fa-f:.]+$/);
export const cidrForm = textForm(cidrWords, /^[0-9A-Fa-f:.]+(\/[0-9]{1,3})?$/);

/** The address of one interface. Several spellings are read; events hold one (`formatAddress`). */
export const address = text((written) => {
  const read = readAddress(written, addressWords);
  if (read instanceof Flaw) return read;
  const kind = impossibleKind(read);
  if (kind === undefined) return formatAddress(read);
  return new Flaw(`no interface has ${kind}`, { allowed: addressWords });
});

/** The kind of an address that no single interface can have; undefined for any other. */
function impossibleKind({ family, value }: Address): string | undefined {
  if (family === 6) {
    if (value === 0n) return 'the unspecified address';
    if (value === 1n) return 'the loopback address: it never leaves a machine';
    return value >> 120n === 0xffn ? 'a multicast address: it belongs to a group' : undefined;
  }
  const first = value >> 24n;
  if (first === 0n) return 'an address that begins with 0: it means no machine in particular';
  if (first === 127n) return 'a loopback address: it never leaves a machine';
  if (first >> 4n === 0xen) return 'a multicast address: it belongs to a group';
  return value === 0xffff_ffffn ? 'the broadcast address: it means every machine' : undefined;
}

/** A list of addresses. A single address is read as a list of one. */
export const addressList = z.preprocess(
  (written) => (Array.isArray(written) || written === undefined ? written : [written]),
  z.array(z.unknown()).min(1),
);

/** A prefix without host bits, always with its length: a bare address is a prefix of full length. */
export const cidr = text((written) => {
  const [base = '', length, ...more] = written.split('/');
  const start = readAddress(base, cidrWords);
  if (start instanceof Flaw) return start;
  const width = start.family === 4 ? 32 : 128;
  const bits = length === undefined ? width : readLength(length);
  if (more.length > 0 || bits === undefined || bits > width) {
    return new Flaw(`a prefix of IPv${start.family} has a length from 0 to ${width}`, { allowed: cidrWords });
  }
  const hostBits = BigInt(width - bits);
  const first = (start.value >> hostBits) << hostBits;
  const canonical = `${formatAddress({ family: start.family, value: first })}/${bits}`;
  if (first === start.value) return canonical;
  return new Flaw(`bits are set beyond the prefix: did you mean ${canonical}?`, { allowed: canonical });
});

function readLength(digits: string): number | undefined {
  return /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : undefined;
}

/** An address in any spelling, of whatever kind; else what is wrong with it. */
export function readAddress(written: string, allowed: string): Address | Flaw {
  if (ipaddr.IPv4.isValidFourPartDecimal(written))
    return numbered(4, ipaddr.IPv4.parse(written).toByteArray());
  const plain = withoutEmbedded(written);
  if (plain === undefined || !ipaddr.IPv6.isValid(plain)) return new Flaw('not an IP address', { allowed });
  const parsed = ipaddr.IPv6.parse(plain);
  if (parsed.zoneId !== undefined) {
    return new Flaw('an interface (the part from % on) is no part of an address here', { allowed });
  }
  if (parsed.isIPv4MappedAddress()) {
    const nearest = parsed.toIPv4Address().toString();
    return new Flaw(`this is an IPv4 address in IPv6 dress: write ${nearest}`, { allowed, nearest });
  }
  return numbered(6, parsed.toByteArray());
}

/**
 * Rewrites an embedded IPv4 address: `64:ff9b::192.0.2.1` becomes `64:ff9b::c000:201`. The library must not do this:
 * it reads `::192.0.2.1` as `::ffff:192.0.2.1`, another address, and takes octal numbers. Undefined where the
 * embedded part is no IPv4 address.
 */
function withoutEmbedded(written: string): string | undefined {
  if (!written.includes('.')) return written;
  const [, head, tail] = /^(.*:)([^:]*)$/.exec(written) ?? [];
  if (head === undefined || tail === undefined || !ipaddr.IPv4.isValidFourPartDecimal(tail)) return undefined;
  const { value } = numbered(4, ipaddr.IPv4.parse(tail).toByteArray());
  return `${head}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function numbered(family: 4 | 6, bytes: readonly number[]): Address {
  return { family, value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) };
}
