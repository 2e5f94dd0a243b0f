import { expect, it } from 'vitest';
import { foundText, foundTextMax } from '../../../src/runtime/found-text.ts';

it.each<[string, string, string]>([
  ['a text that is fit', 'as it is', 'as it is'],
  ['half a character', 'a\ud800b', 'a\ufffdb'],
  ['a text at the limit', 'x'.repeat(foundTextMax), 'x'.repeat(foundTextMax)],
  ['a text beyond it', 'x'.repeat(foundTextMax + 1), `${'x'.repeat(foundTextMax - 1)}…`],
  ['a cut through a pair', `x${'😀'.repeat(foundTextMax)}`, `x${'😀'.repeat(foundTextMax / 2 - 1)}…`],
])('of what was found, %s is told fit for an event', (_what, found, told) => {
  expect(foundText(found)).toBe(told);
});
