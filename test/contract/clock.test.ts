import { expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { PassingClock } from '../doubles/passing-clock.ts';
import { describeClockContract } from './clock-contract.ts';

const byItself = (): void => undefined;

describeClockContract('of the machine', () => ({ clock: systemClock, pass: byItself }));

describeClockContract('that is set by hand', () => {
  const clock = new ManualClock();
  return {
    clock,
    pass: () => {
      clock.pass(60);
    },
  };
});

describeClockContract('on which sleeping takes no real time', () => ({
  clock: new PassingClock(),
  pass: byItself,
}));

it('a clock that is put right steps back by its time of day, and not by its reading', () => {
  const clock = new ManualClock('2026-03-01T12:00:00.000Z');
  clock.set('2026-03-01T12:00:10.000Z');
  clock.set('2026-03-01T11:00:00.000Z');
  expect([clock.now(), clock.elapsedMs()]).toEqual(['2026-03-01T11:00:00.000Z', 10_000]);
});
