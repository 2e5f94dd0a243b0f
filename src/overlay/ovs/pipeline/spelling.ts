import { formatAddress, parseAddress, parseCidr, type AddressRange } from '../../../../events/address.ts';

/** A number as a switch prints it: zero has no prefix. */
export function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}

/** Addresses that a flow matches: one, or a prefix, in the switch's spelling. `text` is empty for every address. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly text: string;
  readonly length: number;
  readonly range: AddressRange;
}

/** An address, undefined if the text is none. */
export function addressPrefix(text: string): Prefix | undefined {
  return parseAddress(text) === undefined ? undefined : cidrPrefix(text);
}

/** A CIDR or an address, undefined if the text is neither. */
export function cidrPrefix(text: string): Prefix | undefined {
  const range = parseCidr(text);
  if (range === undefined) return undefined;
  const width = range.family === 4 ? 32 : 128;
  const length = width - (range.last - range.first).toString(2).replace(/^0$/, '').length;
  const base = spellAddress(range.family, range.first);
  const spelt = length === width ? base : `${base}/${String(length)}`;
  return { family: range.family, text: length === 0 ? '' : spelt, length, range };
}

/** The C library writes the last 32 bits of two kinds of IPv6 addresses as IPv4. */
function spellAddress(family: 4 | 6, value: bigint): string {
  const low = value & 0xffff_ffffn;
  const high = value >> 32n;
  const dotted = formatAddress({ family: 4, value: low });
  if (family === 6 && high === 0xffffn) return `::ffff:${dotted}`;
  if (family === 6 && high === 0n && low > 0xffffn) return `::${dotted}`;
  return formatAddress({ family, value });
}

/** Whose address of the underlay a field holds. */
export type TunnelEnd = 'src' | 'dst';

/** An address of the underlay, as flows name it. */
export interface TunnelField {
  readonly field: string;
  readonly text: string;
}

/** An address of the underlay, undefined if the text is none. */
export function tunnelField(ip: string, end: TunnelEnd): TunnelField | undefined {
  const prefix = addressPrefix(ip);
  if (prefix === undefined) return undefined;
  return { field: prefix.family === 4 ? `tun_${end}` : `tun_ipv6_${end}`, text: prefix.text };
}

/** A match in the switch's order of fields, of parts some of which say nothing. */
export function matchOf(...parts: readonly string[]): string {
  let match = '';
  for (const part of parts) if (part !== '') match += match === '' ? part : `,${part}`;
  return match;
}

/** A field of a match, nothing where it may have any value. */
export function field(name: string, value: string): string {
  return value === '' ? '' : `${name}=${value}`;
}

/** Values of some bits that all of a range have in common, as value and mask. */
export interface MaskedRange {
  readonly value: number;
  /** How many of 16 bits count, from the first. */
  readonly bits: number;
}

/** Divides a range of 16-bit numbers, both ends included, into the fewest blocks with common leading bits. */
export function blocksOf(first: number, last: number): MaskedRange[] {
  const blocks: MaskedRange[] = [];
  let start = first;
  while (start <= last) {
    let [free, size] = [0, 1];
    while (free < 16 && (start & (2 * size - 1)) === 0 && start + 2 * size - 1 <= last)
      [free, size] = [free + 1, 2 * size];
    blocks.push({ value: start, bits: 16 - free });
    start += size;
  }
  return blocks;
}
