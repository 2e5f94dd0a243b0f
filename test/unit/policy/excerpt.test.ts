import { expect, test } from 'vitest';
import { excerpt } from '../../../src/policy/excerpt.ts';
import { keyPathText } from '../../../src/policy/place.ts';

test.each([
  ['k\u202ey', String.raw`k\u{202e}y`],
  ['\ufeffk\u001b[2J', String.raw`\u{feff}k\u{1b}[2J`],
  ['a\ud800', String.raw`a\u{d800}`],
  ['one\n\ttwo ', 'one two'],
  [`${'x'.repeat(59)}😀`, `${'x'.repeat(59)}…`],
])('what cannot be seen in %j is told as everywhere else', (text, told) => {
  expect(excerpt(text)).toBe(told);
});

test('so it is in the path of a key, where a quote is told from the end', () => {
  expect(keyPathText(['a', 'k\u202e"y', 2])).toBe(String.raw`a["k\u{202e}\"y"][2]`);
});
