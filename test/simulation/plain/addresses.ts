/** Addresses as texts of bits, family first: a prefix holds an address where its bits begin the address's. */
const bitsKnown = new Map<string, string>();

/** The bits of an address, or the fixed ones of a prefix (`10.0.0.0/8`). */
function bitsOf(text: string): string {
  const known = bitsKnown.get(text);
  if (known !== undefined) return known;
  const [address = '', length] = text.split('/');
  const bits = address.includes(':') ? sixBits(address) : fourBits(address);
  const fixed = length === undefined ? bits : bits.slice(0, Number(length) + 2);
  bitsKnown.set(text, fixed);
  return fixed;
}

/** How many bits the longest of the prefixes that hold an address fixes; -1 where none holds it. */
export function longestMatch(prefixes: readonly string[], address: string): number {
  const bits = bitsOf(address);
  return Math.max(-1, ...prefixes.map(bitsOf).map((fixed) => (bits.startsWith(fixed) ? fixed.length : -1)));
}

export function sameFamily(one: string, other: string): boolean {
  return one.includes(':') === other.includes(':');
}

/** The first address of a prefix; an address itself. */
export function firstOf(text: string): string {
  return text.split('/', 1).join('');
}

function fourBits(address: string): string {
  return `4:${address
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('')}`;
}

function sixBits(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [
    ...before,
    ...Array.from({ length: 8 - before.length - after.length }, () => '0'),
    ...after,
  ];
  return `6:${groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')}`;
}
