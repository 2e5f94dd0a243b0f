/** Addresses, MACs and prefixes by number: different numbers, different spellings; each as the ledger itself spells it. */

/** 10.0.0.0/9 for what other tenants may see, 10.128.0.0/9 for vaults; neither .0 nor .255 at the end. */
export function ipv4(number: number, inVault: boolean): string {
  const network = Math.floor(number / 254);
  if (network >= 2 ** 15) throw new RangeError('no more IPv4 addresses in a realm');
  return `10.${(network >> 8) + (inVault ? 128 : 0)}.${network & 255}.${(number % 254) + 1}`;
}

export function ipv6(number: number, inVault: boolean): string {
  const host = number + 1;
  const high = host >>> 16 === 0 ? '' : `${(host >>> 16).toString(16)}:`;
  return `${inVault ? 'fd99' : 'fd00'}::${high}${(host & 0xffff).toString(16)}`;
}

/** Locally administered unicast. Those that begin with 02:00 are left alone: the router of switches has one of them. */
export function mac(number: number): string {
  const octets = [24, 16, 8, 0].map((shift) => ((number >>> shift) & 255).toString(16).padStart(2, '0'));
  return `02:01:${octets.join(':')}`;
}

/** The /24 (or the second quarter of it) of that number, out of 100.64.0.0/10. */
export function externalPrefix(number: number, quarter: boolean): string {
  if (number >= 2 ** 14) throw new RangeError('no more prefixes for externals');
  return `100.${64 + (number >> 8)}.${number & 255}.${quarter ? '64/26' : '0/24'}`;
}

export function tunnelAddress(number: number): string {
  return `172.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}
