import type { Scheduler } from '../scheduler.ts';

/** What a server calls outside of itself. */
export const outsides = ['ledger', 'leases', 'broker', 'hosts', 'receivers', 'disk'] as const;
export type Outside = (typeof outsides)[number];

/** Time that passes for everybody alike, in milliseconds. */
interface Passing {
  elapsedMs(): number;
}

/** `stopped`: its own time goes on, as under SIGSTOP. `suspended`: it stands still with the whole machine. */
export type Standstill = 'stopped' | 'suspended';

/** What never comes back: whoever waits for it is gone. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** One life of a server, from its start to its end: whether it goes on, stands still, or is over. */
export class ServerLife {
  readonly #time: Passing;
  readonly #scheduler: Scheduler;
  readonly #cutOffUntilMs = new Map<Outside, number>();
  #still: { kind: Standstill; sinceMs: number; over: PromiseWithResolvers<undefined> } | undefined;
  #isOver = false;
  /** Its service said that it cannot start: nothing of it goes on. */
  hasFailed = false;
  /** The time in which its machine stood still, in milliseconds. */
  suspendedMs = 0;
  /** When it stood still last. */
  #stoodStillAtMs = -Infinity;

  constructor(time: Passing, scheduler: Scheduler) {
    this.#time = time;
    this.#scheduler = scheduler;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get standsStill(): boolean {
    return this.#still !== undefined;
  }

  /** Whether it has been going on for so long, without standing still. */
  wasAwakeFor(milliseconds: number): boolean {
    if (this.#isOver || this.standsStill) return false;
    return this.#time.elapsedMs() - this.#stoodStillAtMs >= milliseconds;
  }

  /** Its own time, in milliseconds. */
  elapsedMs(): number {
    const still = this.#still?.kind === 'suspended' ? this.#time.elapsedMs() - this.#still.sinceMs : 0;
    return this.#time.elapsedMs() - this.suspendedMs - still;
  }

  /** Ends it, as kill -9 does. */
  end(): void {
    this.#isOver = true;
    this.resume();
  }

  stand(kind: Standstill): void {
    this.#still ??= { kind, sinceMs: this.#time.elapsedMs(), over: Promise.withResolvers() };
  }

  resume(): void {
    const still = this.#still;
    if (still === undefined) return;
    this.#stoodStillAtMs = this.#time.elapsedMs();
    if (still.kind === 'suspended') this.suspendedMs += this.#time.elapsedMs() - still.sinceMs;
    this.#still = undefined;
    still.over.resolve(undefined);
  }

  cutOff(from: Outside, forMs: number): void {
    this.#cutOffUntilMs.set(from, this.#time.elapsedMs() + forMs);
  }

  isCutOff(from: Outside): boolean {
    return (this.#cutOffUntilMs.get(from) ?? -Infinity) > this.#time.elapsedMs();
  }

  reconnect(): void {
    this.#cutOffUntilMs.clear();
  }

  /** Passed by what goes on within the server: not while it stands still, and never once it is over. */
  async gate(): Promise<void> {
    while (this.#still !== undefined && !this.#isOver) {
      await this.#still.over.promise;
      await this.#scheduler.turn();
    }
    if (this.#isOver) await never();
  }
}
