import { formatAddress, parseAddress, parseCidr, type AddressRange } from '../../events/address.ts';

/** Addresses that no workload can have, and the eighth of IPv6 below 2000::, of which next to nothing is anybody's. */
const unusable = [
  ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'],
  ...['::/3', 'fe80::/9', 'ff00::/8'],
].map(rangeOf);

interface WithCidrs {
  readonly external: string;
  readonly cidrs: readonly string[];
}

/**
 * The addresses that answer in the place of an external: of each of its CIDRs the first usable one that is no endpoint's
 * and lies in no longer prefix of another external. A CIDR without any has none here.
 */
export function answeringAddresses(
  { external, cidrs }: WithCidrs,
  { others, endpointIps }: { others: readonly WithCidrs[]; endpointIps: ReadonlySet<string> },
): string[] {
  const shadows = others
    .filter((each) => each.external !== external)
    .flatMap((each) => each.cidrs.map(rangeOf));
  return cidrs.flatMap((cidr) => {
    const range = rangeOf(cidr);
    const blocked = [...unusable, ...shadows].filter((each) => isWithin(each, range));
    return firstFree(range, { blocked, endpointIps }) ?? [];
  });
}

function firstFree(
  { family, first, last }: AddressRange,
  { blocked, endpointIps }: { blocked: readonly AddressRange[]; endpointIps: ReadonlySet<string> },
): string | undefined {
  const size = last - first + 1n;
  // The first address of a prefix names the prefix, and the last of an IPv4 one is its broadcast, unless it is that small.
  const from = size > 2n ? first + 1n : first;
  const to = size > 2n && family === 4 ? last - 1n : last;
  for (let value = from; value <= to; value += 1n) {
    const wall = blocked.find((each) => each.first <= value && value <= each.last);
    if (wall !== undefined) value = wall.last;
    else {
      const text = formatAddress({ family, value });
      const endsInZero = size > 256n && value % 256n === 0n;
      if (!endsInZero && !endpointIps.has(text)) return text;
    }
  }
  return undefined;
}

function isWithin(inner: AddressRange, outer: AddressRange): boolean {
  return inner.family === outer.family && outer.first <= inner.first && inner.last <= outer.last;
}

/**
 * The length of a prefix that holds all of these addresses of one family, and of which none is the first or last address.
 * With it on each host's tunnel address, a switch finds the way to every other without a router.
 */
export function sharedPrefixLength(addresses: readonly string[]): number {
  const parsed = addresses.flatMap((text) => parseAddress(text) ?? []);
  const [some] = parsed;
  const width = some?.family === 4 ? 32 : 128;
  // Never longer than that of an ordinary link.
  for (let length = width === 32 ? 24 : 64; length > 0; length -= 1) {
    const size = 1n << BigInt(width - length);
    const base = ((some?.value ?? 0n) / size) * size;
    if (parsed.every(({ value }) => base < value && value < base + size - 1n)) return length;
  }
  return 0;
}

/** The prefix of that length which holds the address: `172.31.0.0/24`. */
export function prefixOf(address: string, length: number): string {
  const { family, value } = parseAddress(address) ?? { family: 4, value: 0n };
  const size = 1n << BigInt((family === 4 ? 32 : 128) - length);
  return `${formatAddress({ family, value: (value / size) * size })}/${String(length)}`;
}

function rangeOf(cidr: string): AddressRange {
  const range = parseCidr(cidr);
  if (range === undefined) throw new Error(`${cidr} is no CIDR`);
  return range;
}
