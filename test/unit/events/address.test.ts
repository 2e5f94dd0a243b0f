import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { address, cidr, formatAddress, parseAddress, parseCidr } from '../../../events/address.ts';

const v4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }).map((value) => ({ family: 4 as const, value }));
const group = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn }));
const v6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => ({
  family: 6 as const,
  value: groups.reduce((value, part) => (value << 16n) | part, 0n),
}));

describe('canonical addresses', () => {
  it('read back as what was written, in the spelling of an independent library', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), (original) => {
        const text = formatAddress(original);
        expect(parseAddress(text)).toEqual(original);
        const other = ipaddr.parse(text);
        expect(other.kind()).toBe(original.family === 4 ? 'ipv4' : 'ipv6');
        expect(
          BigInt(
            `0x${other
              .toByteArray()
              .map((byte) => byte.toString(16).padStart(2, '0'))
              .join('')}`,
          ),
        ).toBe(original.value);
        expect(
          original.family === 4 ? other.toString() : new URL(`http://[${text}]`).hostname.slice(1, -1),
        ).toBe(text);
      }),
    );
  });

  it('of IPv6 are what Node takes for one, of any text with its characters', () => {
    const text = fc.array(fc.constantFrom('0', '9', 'a', 'f', '1', ':', ':', '::'), { maxLength: 24 });
    fc.assert(
      fc.property(text, (parts) => {
        const joined = parts.join('');
        expect(parseAddress(joined) !== undefined).toBe(isIPv6(joined));
        expect(address.safeParse(joined).success).toBe(isIPv6(joined));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0',
    '1.2.3.4.5',
    '::1::',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2:3:4:5:6:7:8',
    '12345::',
    'g::',
    ':1',
    '',
    'host',
    'FE80::1',
  ])('refuses %s', (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(address.safeParse(text).success).toBe(false);
  });
});

describe('canonical CIDRs', () => {
  it('are ranges of addresses; a bare address is a range of one', () => {
    expect(parseCidr('10.0.0.0/30')).toEqual({ family: 4, first: 0x0a000000n, last: 0x0a000003n });
    expect(parseCidr('10.0.0.1')).toEqual({ family: 4, first: 0x0a000001n, last: 0x0a000001n });
    expect(parseCidr('::/0')).toEqual({ family: 6, first: 0n, last: (1n << 128n) - 1n });
    expect(cidr.safeParse('2001:db8::/32').success).toBe(true);
  });

  it.each(['10.0.0.1/24', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', 'x/8', '::1/64'])(
    'refuses %s',
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );
});
