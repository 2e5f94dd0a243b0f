import { expect, test } from 'vitest';
import { holderWords } from '../../../src/words/holder-words.ts';

test('an end is named alone, unless its port was held by another one', () => {
  expect(holderWords('c/s', undefined)).toBe('c/s');
  expect(holderWords('c/s', 'c/s')).toBe('c/s');
  expect(holderWords('c/s', 'a/s')).toBe('c/s (its port was held by a/s)');
});
