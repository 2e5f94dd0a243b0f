import type { Random } from '../bench/estate/random.ts';

/**
 * Lets several tasks run as if at the same time, and always in the same order for the same random source: one of them
 * runs, up to where it asks for a turn; then chance picks who goes on. Nothing here waits for real time: where all of them
 * sleep, `wakeNext` lets time pass up to where the first one wakes.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #wakeNext: () => void;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(random: Random, wakeNext: () => void) {
    this.#random = random;
    this.#wakeNext = wakeNext;
  }

  /** Where a task may be overtaken by others: before every call to something outside the process. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#running -= 1;
      this.#next();
    });
  }

  /** Where a task sleeps: the others go on meanwhile, and it asks for a turn when it wakes. */
  async away(sleep: Promise<void>): Promise<void> {
    this.#running -= 1;
    this.#next();
    await sleep;
    this.#running += 1;
    await this.turn();
  }

  /** Runs tasks to their end. None of them may throw: what becomes of a task is its own to say. */
  async run(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    this.#running += tasks.length;
    await Promise.all(tasks.map((task) => this.#runOne(task)));
  }

  async #runOne(task: () => Promise<void>): Promise<void> {
    try {
      await this.turn();
      await task();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #next(): void {
    if (this.#running > 0) return;
    if (this.#waiting.length === 0) {
      this.#wakeNext();
      return;
    }
    const [resume] = this.#waiting.splice(this.#random.below(this.#waiting.length), 1);
    this.#running += 1;
    resume?.();
  }
}
