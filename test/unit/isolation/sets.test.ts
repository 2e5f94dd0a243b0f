import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressAt,
  addressSet,
  likelyIn,
  longestMatch,
  spanOf,
} from '../../../projections/isolation/header-sets/addresses.ts';
import {
  byFamily,
  common,
  without,
  withoutAll,
  type Box,
} from '../../../projections/isolation/header-sets/boxes.ts';
import * as intervals from '../../../projections/isolation/header-sets/intervals.ts';
import { fateOf } from '../../../projections/isolation/delivered/linear.ts';
import * as traffic from '../../../projections/isolation/header-sets/traffic.ts';
import { binding } from './wiring.ts';

describe('an address that stands for a set', () => {
  test.each([
    [['0.0.0.0/0'], '1.0.0.0'],
    [['0.0.0.0/8', '10.0.0.0/8'], '10.0.0.0'],
    [['127.0.0.0/8', '224.0.0.0/4', '::/0'], '::2'],
    [['255.255.255.255/32', 'ff00::/8'], '255.255.255.255'],
    [['127.0.0.1'], '127.0.0.1'],
  ])('given %j, then it is %s: one that a machine can have, where there is one', (texts, likely) => {
    expect(addressAt(likelyIn(addressSet(texts)) ?? -1n)).toBe(likely);
  });

  test('given no address, then there is none', () => {
    expect(likelyIn([])).toBeUndefined();
  });
});

const points = Array.from({ length: 12 }, (_, index) => index);
const bounds = fc
  .uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 8 })
  .map((list) => list.slice(list.length % 2).sort((a, b) => a - b));

/** The members of a set among the points. */
function members(set: intervals.Intervals<number>): number[] {
  return points.filter((point) =>
    intervals.rangesOf(set).some(([first, end]) => first <= point && point < end),
  );
}

describe('intervals', () => {
  test('given any two sets, their algebra is that of their members, in one spelling', () => {
    fc.assert(
      fc.property(bounds, bounds, (left, right) => {
        const [one, other] = [members(left), members(right)];
        expect(members(intervals.union(left, right))).toEqual(
          points.filter((x) => one.includes(x) || other.includes(x)),
        );
        expect(members(intervals.intersect(left, right))).toEqual(one.filter((x) => other.includes(x)));
        expect(members(intervals.subtract(left, right))).toEqual(one.filter((x) => !other.includes(x)));
        const rebuilt = intervals.union(intervals.subtract(left, right), intervals.intersect(left, right));
        expect(intervals.sameSet(rebuilt, left)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('given any ranges, coverage tells what one and what two of them hold', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (pairs) => {
        const ranges = pairs.map(([first, length]) => [first, first + length] as const);
        const depth = (x: number): number => ranges.filter(([first, end]) => first <= x && x < end).length;
        const { once, twice } = intervals.coverage(ranges);
        expect(members(once)).toEqual(points.filter((x) => depth(x) >= 1));
        expect(members(twice)).toEqual(points.filter((x) => depth(x) >= 2));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('traffic', () => {
  const web = traffic.trafficOf({
    protocol: 'tcp',
    ports: [
      [80, 80],
      [443, 443],
    ],
  });
  const dns = traffic.trafficOf({ protocol: 'udp', ports: [[53, 53]] });
  const ping = traffic.trafficOf({ protocol: 'icmp' });

  test('given everything and nothing, they are neutral', () => {
    expect(traffic.union(traffic.everything, web)).toBe(traffic.everything);
    expect(traffic.union(web, traffic.everything)).toBe(traffic.everything);
    expect(traffic.union(traffic.nothing, web)).toBe(web);
    expect(traffic.intersect(web, traffic.everything)).toBe(web);
    expect(traffic.intersect(traffic.nothing, web)).toBe(traffic.nothing);
    expect(traffic.subtract(web, traffic.nothing)).toBe(web);
    expect(traffic.subtract(web, web)).toBe(traffic.nothing);
  });

  test('given everything without something, the rest is all of the rest', () => {
    const rest = traffic.subtract(traffic.everything, traffic.union(web, ping));
    expect(rest).toEqual({
      tcp: [0, 80, 81, 443, 444, 65_536],
      udp: [0, 65_536],
      sctp: [0, 65_536],
      icmp: false,
      other: true,
    });
    expect(traffic.isNothing(traffic.intersect(rest, web))).toBe(true);
  });

  test('given traffic, a witness is of the first protocol that has one, on a port that can be used', () => {
    expect(traffic.firstOf(traffic.union(web, dns))).toEqual({ protocol: 'tcp', dstPort: 80 });
    expect(traffic.firstOf(dns)).toEqual({ protocol: 'udp', dstPort: 53 });
    expect(traffic.firstOf(ping)).toEqual({ protocol: 'icmp' });
    expect(traffic.firstOf({ ...traffic.nothing, other: true })).toEqual({ protocol: 'other' });
    expect(traffic.firstOf(traffic.nothing)).toBeUndefined();
    expect(traffic.firstOf({ ...traffic.nothing, sctp: [0, 1] })).toEqual({ protocol: 'sctp', dstPort: 0 });
    expect(traffic.firstOf({ ...traffic.nothing, tcp: [0, 1, 22, 23] })).toEqual({
      protocol: 'tcp',
      dstPort: 22,
    });
  });

  test('given traffic, it knows its members', () => {
    expect(traffic.holds(web, { protocol: 'tcp', dstPort: 443 })).toBe(true);
    expect(traffic.holds(web, { protocol: 'tcp', dstPort: 444 })).toBe(false);
    expect(traffic.holds(web, { protocol: 'tcp' })).toBe(false);
    expect(traffic.holds(ping, { protocol: 'icmp' })).toBe(true);
    expect(traffic.holds(ping, { protocol: 'other' })).toBe(false);
  });
});

describe('addresses', () => {
  test('given both families, they do not meet', () => {
    const set = addressSet(['10.0.0.0/31', 'fd00::1', 'nonsense']);
    expect(intervals.rangesOf(set).map(([first, end]) => [addressAt(first), addressAt(end - 1n)])).toEqual([
      ['10.0.0.0', '10.0.0.1'],
      ['fd00::1', 'fd00::1'],
    ]);
    expect(spanOf('nonsense')).toBeUndefined();
  });

  test('given prefixes of others, only longer ones are taken out', () => {
    const held = longestMatch(
      ['10.0.0.0/30', '10.0.1.0/24'],
      ['10.0.0.0/30', '10.0.0.0/8', '10.0.0.2/32', '10.0.2.0/25'],
    );
    expect(intervals.rangesOf(held).map(([first, end]) => [addressAt(first), addressAt(end - 1n)])).toEqual([
      ['10.0.0.0', '10.0.0.1'],
      ['10.0.0.3', '10.0.0.3'],
      ['10.0.1.0', '10.0.1.255'],
    ]);
  });
});

describe('boxes', () => {
  const box: Box = {
    src: addressSet(['10.0.0.0/30', 'fd00::1']),
    dst: addressSet(['10.0.1.0/30']),
    traffic: traffic.everything,
  };

  test('given sources of two families, only pairs of one family are packets', () => {
    expect(byFamily(box)).toEqual([{ ...box, src: addressSet(['10.0.0.0/30']) }]);
    expect(byFamily({ ...box, traffic: traffic.nothing })).toEqual([]);
  });

  test('given a cut, nothing of it is left and nothing else is lost', () => {
    const cut = {
      src: addressSet(['10.0.0.1']),
      dst: addressSet(['10.0.1.2', '10.0.9.9']),
      traffic: traffic.trafficOf({ protocol: 'tcp' }),
    };
    const rest = without([box], cut);
    expect(common(rest, [cut])).toEqual([]);
    expect(withoutAll([box], [...rest, cut])).toEqual([]);
    expect(without([box], box)).toEqual([]);
  });
});

test('given texts that are no addresses, the plain walk matches nothing', () => {
  const place = { host: 'hv-1', interface: 'vm-a' };
  const overlay = {
    hosts: [],
    setsOf: () => [[binding('a/a', { vni: 1, host: 'hv-1', ips: ['10.0.0.1'] })]],
  };
  const packet = { src: 'nonsense', dst: '10.0.0.1', protocol: 'icmp' };
  expect(fateOf(packet, { from: place, to: place, overlay })).toEqual({
    delivered: undefined,
    dropped: true,
  });
});
