import { z } from 'zod';

/**
 * IP addresses as the ledger writes them. Events hold one spelling only (IPv4 dotted, IPv6 as RFC 5952 without
 * embedded IPv4), so that equal addresses are equal strings; these functions read that spelling and no other.
 */
const v4 = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;
const [dot, zero] = [0x2e, 0x30];
const v6 = /^[0-9a-f:]{2,39}$/;

export const address = z
  .string()
  .refine((text) => parseAddress(text) !== undefined, 'not a canonical IP address');
export const cidr = z.string().refine((text) => parseCidr(text) !== undefined, 'not a canonical CIDR');

/** An address as a number of 32 (family 4) or 128 (family 6) bits. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** The addresses `first` to `last`, both included: a CIDR, or a single address. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

export function parseAddress(text: string): Address | undefined {
  if (v4.test(text)) {
    const value = valueOfV4(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  return v6.test(text) ? parseV6(text) : undefined;
}

/** Digit by digit, since an estate has very many of them. Undefined where an octet has more than 8 bits. */
function valueOfV4(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code === dot) value = value * 256 + octet;
    octet = code === dot ? 0 : octet * 10 + code - zero;
    if (octet > 255) return undefined;
  }
  return value * 256 + octet;
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  if (halves.length > 2) return undefined;
  const given = halves.reduce((count, half) => count + half.length, 0);
  const elided = 8 - given;
  if (halves.length === 1 ? elided !== 0 : elided < 1) return undefined;
  const groups = halves.length === 1 ? halves.flat() : insertZeros(halves, elided);
  if (groups.some((group) => group.length === 0 || group.length > 4)) return undefined;
  return { family: 6, value: BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`) };
}

function insertZeros(halves: string[][], count: number): string[] {
  const zeros = new Array<string>(count).fill('0');
  return halves.flatMap((half, index) => (index === 0 ? [...half, ...zeros] : half));
}

/** A CIDR, or a bare address as a range of one. Undefined if the text is neither, or has host bits. */
export function parseCidr(text: string): AddressRange | undefined {
  const [base = '', length, ...more] = text.split('/');
  const start = parseAddress(base);
  if (start === undefined || more.length > 0) return undefined;
  if (length === undefined) return { family: start.family, first: start.value, last: start.value };
  const width = start.family === 4 ? 32 : 128;
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const hostBits = width - Number(length);
  if (hostBits < 0) return undefined;
  const size = 1n << BigInt(hostBits);
  if (start.value % size !== 0n) return undefined;
  return { family: start.family, first: start.value, last: start.value + size - 1n };
}

/** The canonical spelling of an address. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return groups.join(':');
  return `${groups.slice(0, zeros.start).join(':')}::${groups.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeroRun(groups: string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
