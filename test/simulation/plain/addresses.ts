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
function firstOf(text: string): string {
  return text.split('/', 1).join('');
}

/**
 * One address of each stretch that addresses and prefixes tell apart: for each of them one that is in it, and in none that is
 * longer. One that longer ones make up wholly has none. An address itself stays spelt as it is.
 */
export function oneOfEachStretch(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts)];
  const starts = new Map(distinct.map((text) => [bitsOf(firstOf(text)), firstOf(text)]));
  for (const after of distinct.flatMap(bitsBehind)) if (!starts.has(after)) starts.set(after, textOf(after));
  const lengths = [...new Set(distinct.map((text) => bitsOf(text).length))].sort((one, other) => other - one);
  const held = new Set(distinct.map(bitsOf));
  const stretches = new Map<string, string>();
  for (const [bits, address] of starts) {
    const longest = lengths.map((length) => bits.slice(0, length)).find((prefix) => held.has(prefix));
    if (longest !== undefined && !stretches.has(longest)) stretches.set(longest, address);
  }
  return [...stretches.values()].sort();
}

/** The bits of the address that comes after an address or a prefix, where there is one. */
function bitsBehind(text: string): string[] {
  const [family = '', fixed = ''] = bitsOf(text).split(':');
  const rest = fixed.lastIndexOf('0');
  if (rest < 0) return [];
  return [`${family}:${`${fixed.slice(0, rest)}1`.padEnd(family === '6' ? 128 : 32, '0')}`];
}

/** The address that bits spell. */
function textOf(bits: string): string {
  const [family = '', digits = ''] = bits.split(':');
  const [size, radix, separator] = family === '6' ? [16, 16, ':'] : [8, 10, '.'];
  const groups = digits.match(new RegExp(`.{${String(size)}}`, 'g')) ?? [];
  return groups.map((group) => Number.parseInt(group, 2).toString(radix)).join(separator);
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
