import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { signed, uuidFrom, uuidMessage } from '../../doubles/eventstoredb/protocol.ts';

it.each(['text', 'structured'] as const)('reads the ids that it writes as %s', (form) => {
  for (const id of [
    randomUUID(),
    '00000000-0000-0000-0000-000000000001',
    'ffffffff-ffff-ffff-8fff-ffffffffffff',
  ])
    expect(uuidFrom(uuidMessage(id, form))).toBe(id);
});

it('reads the largest unsigned number as -1', () => {
  expect(signed('18446744073709551615')).toBe(-1);
  expect(signed('7')).toBe(7);
});
