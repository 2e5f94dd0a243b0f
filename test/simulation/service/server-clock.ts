import type { Clock } from '../../../src/runtime/clock.ts';
import type { ServiceWorld } from './service-world.ts';
import type { ServerLife } from './server-life.ts';

/** How far the clock of a machine is ahead of the world's, in milliseconds. */
export interface ClockSetting {
  aheadMs: number;
}

/** Time as a server has it: its machine's clock is set now and then, and nothing of it wakes while it stands still. */
export class ServerClock implements Clock {
  readonly #world: ServiceWorld;
  readonly #life: ServerLife;
  readonly #setting: ClockSetting;

  constructor(world: ServiceWorld, life: ServerLife, setting: ClockSetting) {
    this.#world = world;
    this.#life = life;
    this.#setting = setting;
  }

  now(): string {
    const { clock } = this.#world.estate;
    return new Date(Date.parse(clock.now()) + this.#setting.aheadMs).toISOString();
  }

  elapsedMs(): number {
    return this.#life.elapsedMs();
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { scheduler, clock } = this.#world.estate;
    const dueMs = this.elapsedMs() + Math.max(0, Math.ceil(milliseconds));
    do {
      await scheduler.away(clock.sleep(dueMs - this.elapsedMs(), signal));
      await this.#life.gate();
    } while (this.elapsedMs() < dueMs && !isAborted(signal));
  }
}

/** Asked in a function, since the compiler takes the signal for unchanged while it is waited. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
