import { expect, test } from 'vitest';
import { table } from '../../../src/cli/io.ts';

test('given more rows than a call takes arguments, then the table has all of them, aligned', () => {
  const rows = Array.from({ length: 250_000 }, (_, index) => [`s${index}`, 'any']);

  const printed = table(['from', 'protocol'], rows).text.trimEnd().split('\n');

  expect(printed).toHaveLength(rows.length + 1);
  expect(printed.slice(0, 2)).toEqual(['from     protocol', 's0       any']);
});
