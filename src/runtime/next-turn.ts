import { setImmediate } from 'node:timers/promises';

/**
 * Lets all other ready work of this process have its turn. No time has to pass for it, so it is no part of the clock.
 */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
