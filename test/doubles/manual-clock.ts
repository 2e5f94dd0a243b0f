import type { Clock } from '../../src/runtime/clock.ts';

/** A clock that stands still until it is set. */
export class ManualClock implements Clock {
  #now: string;

  constructor(now = '2026-03-01T12:00:00.000Z') {
    this.#now = now;
  }

  now(): string {
    return this.#now;
  }

  set(now: string): void {
    this.#now = now;
  }
}
