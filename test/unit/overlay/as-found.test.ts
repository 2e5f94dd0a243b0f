import { expect, it } from 'vitest';
import { asFound, NotProvablyOurs, OverlayUnavailable } from '../../../src/overlay/faults.ts';

it('what is not provably ours is a reading, with whose it is where that is known', async () => {
  const [problem, mend] = ['a folder', 'move it away'];
  const found = { kind: 'unreadable', problem, isOthers: true, mend };
  expect(await asFound(() => Promise.reject(new NotProvablyOurs(problem, mend)))).toEqual(found);
  expect(await asFound(() => Promise.reject(new NotProvablyOurs(problem, mend, 'hv-2')))).toEqual({
    ...found,
    ofHost: 'hv-2',
  });
});

it('a host that does not answer is no reading', async () => {
  const fault = new OverlayUnavailable('no answer');
  await expect(asFound(() => Promise.reject(fault))).rejects.toBe(fault);
});
