import { formatAddress, parseCidr } from '../../../events/address.ts';
import * as intervals from './intervals.ts';

/** Addresses of both families on one line: IPv4 from 0, IPv6 from 2^32. */
export type AddressSet = intervals.Intervals<bigint>;
export type AddressSpan = readonly [first: bigint, end: bigint];

const v6Start = 1n << 32n;
const v6End = v6Start + (1n << 128n);

/** The addresses of each family. Both addresses of a packet are of the same family. */
export const families: readonly AddressSet[] = [
  [0n, v6Start],
  [v6Start, v6End],
];

/** An address or CIDR as a span on the line; undefined if the text is neither. */
export function spanOf(text: string): AddressSpan | undefined {
  const range = parseCidr(text);
  if (range === undefined) return undefined;
  const shift = range.family === 4 ? 0n : v6Start;
  return [range.first + shift, range.last + shift + 1n];
}

/** The spans of addresses and CIDRs. */
function spansOf(texts: Iterable<string>): AddressSpan[] {
  return Array.from(texts, spanOf).filter((span) => span !== undefined);
}

/** The union of addresses and CIDRs. */
export function addressSet(texts: Iterable<string>): AddressSet {
  return intervals.coverage(spansOf(texts)).once;
}

/** The addresses of prefixes by longest match: each prefix without the longer ones among `others`. */
export function longestMatch(prefixes: Iterable<string>, others: Iterable<string>): AddressSet {
  const otherSpans = spansOf(others);
  let matched: AddressSet = [];
  for (const [first, end] of spansOf(prefixes)) {
    const longer = otherSpans.filter(
      (span) => first <= span[0] && span[1] <= end && span[1] - span[0] < end - first,
    );
    matched = intervals.union(matched, intervals.subtract([first, end], intervals.coverage(longer).once));
  }
  return matched;
}

/** Addresses that no packet has as its source, or that mean no one machine: unspecified, loopback, multicast, broadcast. */
const ofNobody = addressSet([
  ...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', 'ff00::/8'],
]);

/** The first address of a set that a machine can have; the first one of all where it has none of these. */
export function likelyIn(set: AddressSet): bigint | undefined {
  return intervals.subtract(set, ofNobody)[0] ?? set[0];
}

/** The contract's spelling of the address at a place on the line. */
export function addressAt(position: bigint): string {
  return position < v6Start
    ? formatAddress({ family: 4, value: position })
    : formatAddress({ family: 6, value: position - v6Start });
}
