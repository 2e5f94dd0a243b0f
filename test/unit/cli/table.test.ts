import { expect, test } from 'vitest';
import { table } from '../../../src/cli/io.ts';

test('given more rows than a call takes arguments, then the table has all of them, aligned', () => {
  const rows = Array.from({ length: 250_000 }, (_, index) => [`s${index}`, 'any']);

  const printed = table(['from', 'protocol'], rows).text.trimEnd().split('\n');

  expect(printed).toHaveLength(rows.length + 1);
  expect(printed.slice(0, 2)).toEqual(['from     protocol', 's0       any']);
});

test('given cells that are longer than a column may be, then the others are as far apart as without them', () => {
  const others = [
    ['sam', 'one'],
    ['ada', 'two'],
  ];
  const long = ['x'.repeat(70), 'three'];

  const linesOf = (rows: string[][]): string[] => table(['BY', 'WHAT'], rows).text.split('\n');

  expect(linesOf([...others, long]).slice(0, 3)).toEqual(linesOf(others).slice(0, 3));
});
