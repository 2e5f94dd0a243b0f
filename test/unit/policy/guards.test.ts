import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { guard as reading, guardForm } from '../../../src/policy/names.ts';
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

test('an editor refuses no guard that is taken, and each that plainly says nothing', () => {
  const json = guardForm.is === 'value' ? guardForm.json : {};
  const { pattern } = z.object({ not: z.object({ pattern: z.string() }) }).parse(json).not;
  const saysNothing = new RegExp(pattern, 'u');
  for (const word of ['none', 'No.', '"NONE!"', 'n/a', '???', '-', '0-00', '[n/a]', 'undefined', '~'])
    expect([word, saysNothing.test(word), reading.safeParse(word).success]).toEqual([word, true, false]);
  const near = fc.string({ unit: fc.constantFrom(...Array.from('nonaofe0 -./!?1é')), minLength: 1 });
  fc.assert(
    fc.property(near, (guard) => {
      expect([guard, saysNothing.test(guard)]).toEqual([guard, !reading.safeParse(guard).success]);
    }),
  );
});
