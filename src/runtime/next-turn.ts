import { setImmediate } from 'node:timers/promises';

/** Lets everything else in this process that is ready have its turn. No time has to pass for that, so that it is no clock's. */
export function nextTurn(): Promise<void> {
  return setImmediate();
}
