import type { Clock } from '../../src/runtime/clock.ts';

interface Sleeper {
  /** The reading at which it wakes. */
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is set, or time is let pass. Until then nothing that sleeps wakes. */
export class ManualClock implements Clock {
  #now: string;
  #elapsedMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now = '2026-03-01T12:00:00.000Z') {
    this.#now = now;
  }

  now(): string {
    return this.#now;
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = {
        dueMs: this.#elapsedMs + milliseconds,
        wake: (): void => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake);
      if (signal?.aborted === true || milliseconds <= 0) sleeper.wake();
    });
  }

  /** Sets the clock. Forwards, that time has passed; backwards, the clock was put right and no time has passed. */
  set(now: string): void {
    const milliseconds = Date.parse(now) - Date.parse(this.#now);
    this.#now = now;
    this.#elapse(Math.max(0, milliseconds));
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.set(new Date(Date.parse(this.#now) + milliseconds).toISOString());
  }

  /** Lets time pass up to where the next sleeper wakes; false where nobody sleeps. */
  wakeNext(): boolean {
    const dueMs = Math.min(...Array.from(this.#sleepers, (sleeper) => sleeper.dueMs));
    if (dueMs === Infinity) return false;
    this.pass(dueMs - this.#elapsedMs);
    return true;
  }

  #elapse(milliseconds: number): void {
    this.#elapsedMs += milliseconds;
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= this.#elapsedMs);
    for (const { wake } of due.sort((a, b) => a.dueMs - b.dueMs)) wake();
  }
}
