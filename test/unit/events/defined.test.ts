import { expect, it } from 'vitest';
import { defined } from '../../../events/codec/defined.ts';

it('of members with and without a value, those with one are left, in their order', () => {
  const left = defined({ reason: 'a change', source: undefined, note: null, text: '', last: 0 });
  expect(Object.entries(left)).toEqual([
    ['reason', 'a change'],
    ['note', null],
    ['text', ''],
    ['last', 0],
  ]);
  expect(defined({ reason: undefined })).toStrictEqual({});
});
