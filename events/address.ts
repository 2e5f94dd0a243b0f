import { z } from 'zod';

/**
 * IP addresses as the ledger writes them. Events hold one spelling only (IPv4 dotted, IPv6 as RFC 5952 without
 * embedded IPv4), so that equal addresses are equal strings; these functions read that spelling and no other.
 */
const v4 = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;
const [dot, zero, colon, letterA] = [0x2e, 0x30, 0x3a, 0x61];
/** A colon at either end is one of two. */
const v6 = /^(?:::|(?:::|[0-9a-f])[0-9a-f:]{0,37}(?:::|[0-9a-f]))$/;
const zeros = [0, 0, 0, 0, 0, 0, 0, 0];

export const address = z.string().refine(isAddress, 'not a canonical IP address');
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
  const groups = groupsOfV6(text);
  return groups && { family: 6, value: valueOfGroups(groups) };
}

/** True for what parseAddress reads. */
function isAddress(text: string): boolean {
  return (v4.test(text) ? valueOfV4(text) : groupsOfV6(text)) !== undefined;
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

/** The eight groups of 16 bits. Digit by digit as well. Undefined for a text that is no IPv6 address. */
function groupsOfV6(text: string): number[] | undefined {
  if (!v6.test(text)) return undefined;
  const groups: number[] = [];
  /** Where groups of zeros are left out. */
  let elided: number | undefined;
  let group = 0;
  let digits = 0;
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    if (code !== colon) {
      group = group * 16 + (code < letterA ? code - zero : code - letterA + 10);
      digits += 1;
      if (digits > 4) return undefined;
    } else if (digits > 0) {
      groups.push(group);
      group = 0;
      digits = 0;
    } else if (place > 0) {
      if (elided !== undefined) return undefined;
      elided = groups.length;
    }
  }
  if (digits > 0) groups.push(group);
  const missing = zeros.length - groups.length;
  if (elided === undefined) return missing === 0 ? groups : undefined;
  if (missing < 1) return undefined;
  groups.splice(elided, 0, ...zeros.slice(0, missing));
  return groups;
}

function valueOfGroups(groups: readonly number[]): bigint {
  return BigInt(`0x${groups.map((group) => group.toString(16).padStart(4, '0')).join('')}`);
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
