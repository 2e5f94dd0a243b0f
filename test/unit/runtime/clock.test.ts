import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Fault } from '../../../src/runtime/errors.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([-1, 253_402_300_800_000, 9e15, Infinity, NaN])(
  'a clock that shows %d is told, and what to do',
  (shown) => {
    vi.spyOn(Date, 'now').mockReturnValue(shown);
    expect(() => systemClock.now()).toThrow(/^this machine's clock says .+, which cannot be: set it$/);
    expect(() => systemClock.now()).toThrow(Fault);
  },
);

it.each([-1, 2 ** 31, Infinity])(
  'waits for %d milliseconds as asked, whatever a timer can take',
  async (milliseconds) => {
    const warned: Error[] = [];
    const onWarning = (warning: Error): number => warned.push(warning);
    process.on('warning', onWarning);
    const over = new AbortController();
    const sleeping = systemClock.sleep(milliseconds, over.signal).then(() => 'awake');
    const first = await Promise.race([sleeping, systemClock.sleep(50).then(() => 'asleep')]);
    over.abort();
    await sleeping;
    process.off('warning', onWarning);
    expect(first).toBe(milliseconds < 0 ? 'awake' : 'asleep');
    expect(warned).toEqual([]);
  },
);
