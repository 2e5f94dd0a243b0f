import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  difference,
  everything,
  intersection,
  isNothing,
  nothing,
  rowsOf,
  trafficOf,
  union,
  wordsOf,
  type Traffic,
} from '../../../projections/intended/traffic.ts';

const port = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 65_534, 65_535));
const rule = fc.oneof(
  fc.record({
    protocol: fc.constantFrom(
      'tcp' as const,
      'udp' as const,
      'sctp' as const,
      'icmp' as const,
      'any' as const,
    ),
  }),
  fc.record({
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
    ports: fc.tuple(port, port).map(([a, b]): [number, number][] => [[Math.min(a, b), Math.max(a, b)]]),
  }),
);
const traffic = fc.array(rule, { maxLength: 5 }).map((rules) => rules.map(trafficOf).reduce(union, nothing));

/** Whether a traffic holds one packet, read off its parts. */
function holds(set: Traffic, protocol: keyof Traffic, number: number): boolean {
  const part = set[protocol];
  return typeof part === 'boolean' ? part : part.some(([first, last]) => first <= number && number <= last);
}

const protocols = ['tcp', 'udp', 'sctp', 'icmp', 'other'] as const;
const numbers = [...Array.from({ length: 15 }, (_, n) => n), 65_533, 65_534, 65_535];

function samePackets(set: Traffic, expected: (protocol: keyof Traffic, number: number) => boolean): boolean {
  return protocols.every((protocol) =>
    numbers.every((n) => holds(set, protocol, n) === expected(protocol, n)),
  );
}

describe('sets of traffic', () => {
  it('unites, intersects and subtracts packet by packet', () => {
    fc.assert(
      fc.property(traffic, traffic, (a, b) => {
        expect(samePackets(union(a, b), (p, n) => holds(a, p, n) || holds(b, p, n))).toBe(true);
        expect(samePackets(intersection(a, b), (p, n) => holds(a, p, n) && holds(b, p, n))).toBe(true);
        expect(samePackets(difference(a, b), (p, n) => holds(a, p, n) && !holds(b, p, n))).toBe(true);
      }),
    );
  });

  it('keeps the protocols without a name where both sides have them, and everything and nothing as they are', () => {
    const tcp = trafficOf({ protocol: 'tcp' });
    const udp = trafficOf({ protocol: 'udp' });
    const both = intersection(difference(everything, tcp), difference(everything, udp));
    expect(both).toEqual(difference(everything, union(tcp, udp)));
    expect(both.other).toBe(true);
    for (const some of [tcp, both]) {
      expect([union(some, nothing), union(nothing, some)]).toEqual([some, some]);
      expect([union(some, everything), union(everything, some)]).toEqual([everything, everything]);
      expect([intersection(some, nothing), intersection(nothing, some)]).toEqual([nothing, nothing]);
      expect([intersection(some, everything), intersection(everything, some)]).toEqual([some, some]);
      expect([difference(some, nothing), difference(nothing, some)]).toEqual([some, nothing]);
      expect([difference(some, everything), difference(some, some)]).toEqual([nothing, nothing]);
    }
  });

  it('keeps port sets sorted, apart and merged, so that equal sets look equal', () => {
    fc.assert(
      fc.property(traffic, traffic, (a, b) => {
        expect(union(a, b)).toEqual(union(b, a));
        expect(intersection(union(a, b), a)).toEqual(a);
        expect(isNothing(difference(a, a))).toBe(true);
      }),
    );
  });

  it('spells everything as any, all ports as none, and the rest in the order of protocols', () => {
    expect(rowsOf(everything)).toEqual([{ protocol: 'any' }]);
    expect(rowsOf(nothing)).toEqual([]);
    expect(wordsOf(nothing)).toBe('nothing');
    const some = union(
      trafficOf({ protocol: 'udp' }),
      trafficOf({
        protocol: 'tcp',
        ports: [
          [22, 22],
          [80, 90],
        ],
      }),
    );
    expect(rowsOf(union(some, trafficOf({ protocol: 'icmp' })))).toEqual([
      {
        protocol: 'tcp',
        ports: [
          [22, 22],
          [80, 90],
        ],
      },
      { protocol: 'udp' },
      { protocol: 'icmp' },
    ]);
    expect(wordsOf(some)).toBe('tcp/22,80-90 udp');
    expect(wordsOf(difference(everything, trafficOf({ protocol: 'icmp' })))).toBe(
      'tcp udp sctp all other protocols',
    );
  });

  it('does not take the ports from 1 for all ports', () => {
    expect(rowsOf(trafficOf({ protocol: 'tcp', ports: [[1, 65_535]] }))).toEqual([
      { protocol: 'tcp', ports: [[1, 65_535]] },
    ]);
  });
});
