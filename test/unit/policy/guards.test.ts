import { expect, test } from 'vitest';
import { read } from './folders.ts';

test.each(['CHG-0', '0-1', 'NO-17', 'no risk seen, K. Ng', '批准', '00a'])(
  'the guard %s names an approval',
  async (guard) => {
    const { problems } = await read({
      'a.yaml': `tenant: a\negress: [{ destination: x, guard: "${guard}" }]`,
    });
    expect(problems).toEqual([]);
  },
);
