import { describe, expect, it } from 'vitest';
import { answeringAddresses, sharedPrefixLength } from '../../../infra/lab/answering-addresses.ts';

const alone = { others: [], endpointIps: new Set<string>() };
const of = (...cidrs: string[]): { external: string; cidrs: string[] } => ({ external: 'outside', cidrs });

describe('the address that answers for a CIDR of an external', () => {
  it('is its first usable one', () => {
    const cidrs = of(
      '198.51.100.0/24',
      '2001:db8:72::/48',
      '192.0.2.6/31',
      '192.0.2.9/32',
      '2001:db8::5/128',
    );
    expect(answeringAddresses(cidrs, alone)).toEqual([
      '198.51.100.1',
      '2001:db8:72::1',
      '192.0.2.6',
      '192.0.2.9',
      '2001:db8::5',
    ]);
  });

  it('is one that workloads can have, also where everything is outside', () => {
    expect(answeringAddresses(of('0.0.0.0/0', '::/0'), alone)).toEqual(['1.0.0.1', '2000::1']);
    expect(answeringAddresses(of('64:ff9b::/96'), alone)).toEqual(['64:ff9b::1']);
  });

  it("is no endpoint's, and in no longer prefix of another external", () => {
    const others = [of('203.0.113.0/24'), { external: 'test', cidrs: ['203.0.113.0/25', '203.0.0.0/16'] }];
    const endpointIps = new Set(['203.0.113.128', '203.0.113.129']);
    expect(answeringAddresses(of('203.0.113.0/24'), { others, endpointIps })).toEqual(['203.0.113.130']);
  });

  it('is none where nothing is left', () => {
    const endpointIps = new Set(['192.0.2.1', '192.0.2.2']);
    expect(answeringAddresses(of('192.0.2.0/30'), { others: [], endpointIps })).toEqual([]);
  });
});

describe('the prefix of tunnel addresses', () => {
  it.each([
    { addresses: ['172.31.0.1', '172.31.0.2'], length: 24 },
    { addresses: ['172.31.0.1', '172.31.1.2'], length: 23 },
    { addresses: ['172.31.0.255', '172.31.0.2'], length: 23 },
    { addresses: ['10.9.8.7', '172.31.0.2'], length: 0 },
    { addresses: ['2001:db8::1', '2001:db8::ff'], length: 64 },
    { addresses: ['2001:db8::1', '2001:db9::1'], length: 31 },
    { addresses: ['2001:db8::1', 'fd00::1'], length: 0 },
  ])('of $addresses has a length of $length', ({ addresses, length }) => {
    expect(sharedPrefixLength(addresses)).toBe(length);
  });
});
