import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson } from '../../../src/runtime/printable.ts';

const hostile =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ue000-\uf8ff\ufeff\ufffe\uffff]/u;

describe('printable text', () => {
  it.each([
    ['a line end', 'a\nb\r\nc\td', 'a\\nb\\r\\nc\\td'],
    [
      'ESC, BEL, NUL, DEL and C1',
      '\u001b[2J\u0007\u0000\u007f\u009b',
      '\\u{1b}[2J\\u{7}\\u{0}\\u{7f}\\u{9b}',
    ],
    ['an order of its own', '\u202eabc\u2066\u200f\u061c', '\\u{202e}abc\\u{2066}\\u{200f}\\u{61c}'],
    [
      'what cannot be seen',
      '\u200b\ufeff\u00ad\u{e0041}\ufe0f',
      '\\u{200b}\\u{feff}\\u{ad}\\u{e0041}\\u{fe0f}',
    ],
    ['other ends of lines', '\u2028\u2029\u0085', '\\u{2028}\\u{2029}\\u{85}'],
    ['half a character', 'a\ud800b\udc00', 'a\\u{d800}b\\u{dc00}'],
    ['what is no character', '\ue000\ufffe\u{f0000}', '\\u{e000}\\u{fffe}\\u{f0000}'],
    ['what is printable', 'Zoë 東京 😀 a\\nb', 'Zoë 東京 😀 a\\nb'],
  ])('shows %s', (_name, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('is on one line, whatever it is of, and printable already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(hostile);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });
});

describe('printable JSON', () => {
  it('is the same value, and steers no terminal', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (value) => {
        const json = printableJson(JSON.stringify(value));
        expect(JSON.parse(json)).toEqual(value);
        expect(json).not.toMatch(hostile);
      }),
    );
    expect(JSON.parse(printableJson(JSON.stringify('\u{e0041}\u009b\ud800')))).toBe('\u{e0041}\u009b\ud800');
  });
});
