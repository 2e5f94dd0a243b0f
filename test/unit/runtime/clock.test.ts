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
