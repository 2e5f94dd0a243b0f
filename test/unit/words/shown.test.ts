import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/io.ts';
import { cut, lines, say } from '../../../src/words/shown.ts';

describe('words for people', () => {
  it('break lines where the program does, and nowhere else', () => {
    const words = say`host ${'hv\n1'} holds ${2}\n${say`plan ${'\u001b[1m'}\n`}${[say`a\n`, say`b\n`]}`;
    expect(words.text).toBe('host hv\\n1 holds 2\nplan \\u{1b}[1m\na\nb\n');
  });

  it('have as many lines as there are texts', () => {
    expect(lines(['a\nb', say`c`]).text).toBe('a\\nb\nc\n');
  });
});

describe('text that is cut', () => {
  it('keeps its length if that is short enough, escapes counted', () => {
    expect(cut('abcd', 4)).toBe('abcd');
    expect(cut('😀😀😀', 4)).toBe('😀😀😀');
    expect(cut('abcde', 4)).toBe('abc…');
    expect(cut('\u001b[31mred', 8)).toBe('\\u{1b}[…');
  });
});

describe('a table', () => {
  it('is aligned by what is shown, a row a line, with long cells cut', () => {
    const rows = [
      ['1\n9', 'b'],
      ['22', 'x'.repeat(500)],
    ];
    expect(table(['SEQ', 'WHAT'], rows).text.split('\n')).toEqual([
      'SEQ   WHAT',
      '1\\n9  b',
      `22    ${'x'.repeat(159)}…`,
      '',
    ]);
  });

  it('is not made wide by one long cell: only its own row is', () => {
    const rows = [
      ['ada', 'one'],
      ['y'.repeat(100), 'two'],
    ];
    const shown = table(['BY', 'WHAT'], rows).text.split('\n');
    expect(shown).toEqual(['BY   WHAT', 'ada  one', `${'y'.repeat(100)}  two`, '']);
  });
});
