import { setTimeout } from 'node:timers/promises';
import { categoryOf } from '../../src/runtime/errors.ts';

/** Begins again, as a supervisor does, where something was out of reach. */
export async function patiently(run: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await run();
      return;
    } catch (error) {
      if (categoryOf(error) !== 'unreachable') throw error;
      await setTimeout(200);
    }
  }
}
