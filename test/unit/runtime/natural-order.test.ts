import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNaturally } from '../../../src/runtime/natural-order.ts';

test('given names and paths with numbers, then they are sorted as people count', () => {
  const sorted = ['cidrs[2]', 'cidrs[11]', 'hv-1', 'hv-2', 'hv-2-a', 'hv-010', 'hv-10', 'hv-11', 'hv-a'];

  expect(sorted.toReversed().sort(compareNaturally)).toEqual(sorted);
});

test('given any texts, then the order is total, and only equal texts are equal', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '0', '1', '2', '9'), maxLength: 8 });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      expect(Math.sign(compareNaturally(a, b))).toBe(-Math.sign(compareNaturally(b, a)) + 0);
      expect(compareNaturally(a, b) === 0).toBe(a === b);
      if (compareNaturally(a, b) < 0 && compareNaturally(b, c) < 0)
        expect(compareNaturally(a, c)).toBeLessThan(0);
    }),
  );
});
