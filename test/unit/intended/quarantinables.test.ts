import { expect, it } from 'vitest';
import { quarantinables } from '../../../projections/intended/quarantine.ts';

it('tells of everything in quarantine what it is', () => {
  expect(quarantinables({ tenants: new Set(['a']), ends: new Set(['b/s', 'internet']) })).toEqual([
    { kind: 'tenant', name: 'a' },
    { kind: 'segment', name: 'b/s' },
    { kind: 'external', name: 'internet' },
  ]);
});
