import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalBytes } from '../../../events/codec/canonical.ts';
import { dealOut, partBytesMax } from '../../../events/codec/parts.ts';

it('deals out nothing as one empty part, so that there is an event to say so', () => {
  expect(dealOut({ put: [], removed: [] })).toEqual([{ put: [], removed: [] }]);
});

it('deals out everything once and in order, and fills each part before it begins the next', () => {
  const text = fc.integer({ min: 1, max: 9000 }).map((length) => 'x'.repeat(length));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), fc.array(text, { maxLength: 10 }), (put, removed) => {
      const parts = dealOut({ put, removed });
      expect(parts.flatMap((part) => part.removed)).toEqual(removed);
      expect(parts.flatMap((part) => part.put)).toEqual(put);
      const sizes = parts.map((part) =>
        [...part.removed, ...part.put].map((item) => canonicalBytes(item).length + 1),
      );
      const total = (items: readonly number[]): number => items.reduce((sum, bytes) => sum + bytes, 0);
      sizes.forEach((items, index) => {
        expect(total(items)).toBeLessThanOrEqual(partBytesMax);
        const [next] = sizes[index + 1] ?? [];
        if (next !== undefined) expect(total(items) + next).toBeGreaterThan(partBytesMax);
      });
    }),
    { numRuns: 50 },
  );
});

it('gives an item that is larger than a part one of its own', () => {
  const large = 'x'.repeat(partBytesMax + 1);
  const parts = dealOut({ put: ['a', large, 'b'], removed: [] });
  expect(parts.map(({ put }) => put)).toEqual([['a'], [large], ['b']]);
});
