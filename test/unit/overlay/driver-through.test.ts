import { expect, it } from 'vitest';
import { appliedShard, emptyApplied } from '../../../projections/applied/applied.ts';
import { expectedOf } from '../../../src/apply/drive/expected-set.ts';
import { driverThrough } from '../../../src/overlay/driver-through.ts';
import { Fenced } from '../../../src/overlay/faults.ts';
import type { OverlayDriver } from '../../../src/overlay/port.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';

it('a driver whose calls pass through something is able to do what that driver is, and no more', async () => {
  const overlay = new MemoryOverlay();
  const passed: string[] = [];
  const through = driverThrough(overlay, (host, ask, call) => {
    passed.push(`${call} ${host}`);
    return ask();
  });
  expect(await through.mark('hv-1')).toEqual({ kind: 'nothing' });
  expect(passed).toEqual(['mark hv-1']);
  expect(Object.keys(through)).toEqual(['name', 'mark', 'read', 'apply', 'watch']);
  const able: OverlayDriver = {
    ...through,
    drops: () => Promise.resolve([]),
    means: () => Promise.resolve({ words: 'a host', lacks: [] }),
    tidy: () => passed.push('tidy'),
  };
  const more = driverThrough(able, (host, ask, call) => {
    passed.push(`${call} ${host} as well`);
    return ask();
  });
  await more.drops?.('hv-1', expectedOf(appliedShard(emptyApplied(), 'east')));
  await more.means?.('hv-1');
  more.tidy?.();
  expect(passed.slice(1)).toEqual(['drops hv-1 as well', 'means hv-1 as well', 'tidy']);
});

it.each([
  ['later', 'plan 7 and'],
  ['another', 'another plan 7 than this ledger has and'],
  ['shard', 'plan 7 of another shard and'],
] as const)('a host that holds a plan that is %s says which it holds', (is, words) => {
  const fault = new Fenced({ host: 'hv-1', plan: 3, held: 7, is });
  expect(fault.message).toBe(`host hv-1 holds ${words} refuses plan 3`);
});
