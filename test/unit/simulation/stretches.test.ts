import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { longestMatch, oneOfEachStretch } from '../../simulation/plain/addresses.ts';
import { addressesIn } from '../../simulation/plain/arrivals.ts';

/** All addresses of a small prefix, by the last group. */
const families = {
  four: { spell: (last: number) => `10.0.0.${String(last)}`, bits: 32 },
  six: { spell: (last: number) => (last === 0 ? 'fd00::' : `fd00::${last.toString(16)}`), bits: 128 },
};
const all = Array.from({ length: 32 }, (_, last) => last);

/** Addresses, and prefixes of up to all that there are. */
function texts({ spell, bits }: { spell: (last: number) => string; bits: number }): fc.Arbitrary<string[]> {
  const text = fc.tuple(fc.nat(31), fc.integer({ min: -1, max: 5 })).map(([last, spare]) => {
    if (spare < 0) return spell(last);
    return `${spell(last - (last % 2 ** spare))}/${String(bits - spare)}`;
  });
  return fc.array(text, { maxLength: 12 });
}

/** Which of the texts hold an address. */
function holding(given: readonly string[], address: string): string {
  return given.filter((text) => longestMatch([text], address) >= 0).join(' ');
}

describe('one address of each stretch', () => {
  test.each(Object.entries(families))('is of every stretch there is, once, in family %s', (_, family) => {
    fc.assert(
      fc.property(texts(family), (given) => {
        const distinct = [...new Set(given)];
        const expected = new Set(all.map((last) => holding(distinct, family.spell(last))));
        expected.delete('');
        const found = oneOfEachStretch(given).map((address) => holding(distinct, address));
        expect(found.toSorted()).toEqual([...expected].sort());
      }),
      { numRuns: 500 },
    );
  });

  test('spells an address as it is given', () => {
    expect(oneOfEachStretch(['fd00::/64', 'fd00::', 'fd00::1'])).toEqual([
      'fd00:0:0:0:0:0:0:2',
      'fd00::',
      'fd00::1',
    ]);
  });

  test('is there for what begins with another', () => {
    expect(oneOfEachStretch(['0.0.0.0/0', '0.0.0.0/8', '255.0.0.0/8'])).toEqual([
      '0.0.0.0',
      '1.0.0.0',
      '255.0.0.0',
    ]);
  });

  test('is there for what an external does not have', () => {
    const objects: OverlayObject[] = [
      {
        kind: 'binding',
        endpoint: 'internet',
        vni: 5001,
        host: 'hv-1',
        interface: 'port-1',
        ips: ['0.0.0.0/0'],
        except: ['100.64.1.0/24'],
      },
    ];
    const holders = [{ shard: 'shard-1', host: 'hv-1', objects }];
    expect(addressesIn(holders)).toEqual(['0.0.0.0', '100.64.1.0']);
    expect(addressesIn(holders, ['100.64.0.0/16'])).toEqual(['0.0.0.0', '100.64.0.0', '100.64.1.0']);
  });
});
