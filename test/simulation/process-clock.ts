import type { Clock } from '../../src/runtime/clock.ts';
import type { World } from './world.ts';

/** What a look at the clock takes at least: a process that looks again and again sees time pass, as it does for real. */
const lookMs = 1;

/** Time as one process has it. While it sleeps the others go on; time passes once nobody else has anything to do. */
export class ProcessClock implements Clock {
  readonly #world: World;
  #looksMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  now(): string {
    return this.#world.clock.now();
  }

  elapsedMs(): number {
    this.#looksMs += lookMs;
    return this.#world.clock.elapsedMs() + this.#looksMs;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { scheduler, clock, coverage } = this.#world;
    coverage.note('met: waited');
    await scheduler.away(clock.sleep(milliseconds, signal));
  }
}
