import { expect, it } from 'vitest';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { untilLate } from '../../../../src/siem/sinks/until-late.ts';

it('work that fails as it is begun is heard of at once, and nothing fails unheard later', async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', note);
  const clock = systemClock;
  const begunMs = clock.elapsedMs();
  const bounds = { clock, withinMs: 200, signal: new AbortController().signal };
  await expect(
    untilLate(bounds, () => {
      throw new Error('at once');
    }),
  ).rejects.toThrow('at once');
  expect(clock.elapsedMs() - begunMs).toBeLessThan(150);
  await clock.sleep(300, bounds.signal);
  process.off('unhandledRejection', note);
  expect(unheard).toEqual([]);
});
