import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { timeAwake } from '../../../src/runtime/time-awake.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';

/** Whether a wait is over. */
function waiting(clock: ManualClock, milliseconds: number, signal: AbortSignal): () => Promise<boolean> {
  let isOver = false;
  void timeAwake(clock, milliseconds, signal).then(() => {
    isOver = true;
  });
  return async () => {
    await setImmediate();
    return isOver;
  };
}

it('is over after the time in which the process did not stand still, and not before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(40, 2_000, 60_000),
      fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 5 }),
      async (milliseconds, stills) => {
        const clock = new ManualClock();
        const isOver = waiting(clock, milliseconds, new AbortController().signal);
        const partMs = Math.min(1_000, milliseconds / 8);
        for (let awakeMs = 0; awakeMs < milliseconds; awakeMs += partMs) {
          const stillMs = stills.pop();
          if (stillMs !== undefined && stillMs > 2 * partMs) clock.pass(stillMs);
          expect(await isOver()).toBe(false);
          clock.pass(partMs);
          await setImmediate();
        }
        expect(await isOver()).toBe(true);
      },
    ),
  );
});

it('is over as soon as its signal aborts', async () => {
  const done = new AbortController();
  const isOver = waiting(new ManualClock(), 60_000, done.signal);
  expect(await isOver()).toBe(false);
  done.abort();
  expect(await isOver()).toBe(true);
});
