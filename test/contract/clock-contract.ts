import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.ts';

/** A clock, and how its time is let pass while something sleeps. */
export interface PassableClock {
  readonly clock: Clock;
  readonly pass: () => void;
}

/** What every clock promises. */
export function describeClockContract(name: string, given: () => PassableClock): void {
  describe(`the clock ${name}`, () => {
    it('tells the time as UTC with milliseconds', () => {
      expect(given().clock.now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('lets a sleeper sleep for as long as was asked, by its own reading', async () => {
      const { clock, pass } = given();
      const beforeMs = clock.elapsedMs();
      const sleeping = clock.sleep(30);
      pass();
      await sleeping;
      // A timer of the platform may fire up to a millisecond early.
      expect(clock.elapsedMs() - beforeMs).toBeGreaterThanOrEqual(29);
    });

    it('ends a sleep early, without an error, when the signal aborts or has aborted', async () => {
      const { clock } = given();
      const stop = new AbortController();
      const beforeMs = clock.elapsedMs();
      const sleeping = clock.sleep(3_600_000, stop.signal);
      stop.abort();
      await sleeping;
      await clock.sleep(3_600_000, stop.signal);
      expect(clock.elapsedMs() - beforeMs).toBeLessThan(3_600_000);
    });

    it('lets a sleeper with a signal that never aborts sleep on', async () => {
      const { clock, pass } = given();
      const sleeping = clock.sleep(5, new AbortController().signal);
      pass();
      await sleeping;
    });

    it('has a reading that never steps back', () => {
      const { clock, pass } = given();
      const readings = [clock.elapsedMs(), clock.elapsedMs()];
      pass();
      readings.push(clock.elapsedMs());
      expect(readings).toEqual(readings.toSorted((a, b) => a - b));
    });
  });
}
