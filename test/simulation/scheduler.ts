import { nextTurn } from '../../src/runtime/next-turn.ts';
import type { Random } from '../bench/estate/random.ts';

/** For so many turns of the event loop nobody asks for anything: then all of them sleep, and nobody waits for one of its own. */
const idleTurnsMax = 2;

/**
 * Lets several tasks run as if at the same time, and always in the same order for the same random source: they run up to
 * where they ask for a turn, each thing that a task does at a time by itself; then chance picks what goes on. Nothing here
 * waits for real time: where all of them sleep, `wakeNext` lets time pass up to where the first one wakes.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #wakeNext: () => void;
  readonly #waiting: (() => void)[] = [];

  constructor(random: Random, wakeNext: () => void) {
    this.#random = random;
    this.#wakeNext = wakeNext;
  }

  /** Where a task may be overtaken by others: before every call to something outside the process. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Where a task sleeps: the others go on meanwhile, and it asks for a turn when it wakes. */
  async away(sleep: Promise<void>): Promise<void> {
    await sleep;
    await this.turn();
  }

  /** Runs tasks to their end. None of them may throw: what becomes of a task is its own to say. */
  async run(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    let left = tasks.length;
    const runs = tasks.map(async (task) => {
      try {
        await this.turn();
        await task();
      } finally {
        left -= 1;
      }
    });
    await this.#lead(() => left === 0);
    await Promise.all(runs);
  }

  async #lead(isOver: () => boolean): Promise<void> {
    let idleTurns = 0;
    while (!isOver()) {
      // Whoever was let go on has come to where it asks for a turn, or sleeps.
      await nextTurn();
      const [resume] = this.#waiting.splice(this.#random.below(Math.max(1, this.#waiting.length)), 1);
      idleTurns = resume === undefined ? idleTurns + 1 : 0;
      resume?.();
      if (idleTurns > idleTurnsMax) this.#wakeNext();
    }
  }
}
