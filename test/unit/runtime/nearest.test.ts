import { expect, test } from 'vitest';
import { nearestName } from '../../../src/runtime/nearest.ts';

test.each([
  ['prots', 'ports'],
  ['wbe', 'web'],
  ['prot', 'port'],
  ['destinatoin', 'destination'],
  ['port', 'port'],
  ['stropq', undefined],
  ['tropsx', undefined],
])('the nearest to %s is %s', (written, nearest) => {
  expect(nearestName(written, ['ports', 'port', 'web', 'destination'])).toBe(nearest);
});
