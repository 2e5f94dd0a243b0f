import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/**
 * Lets all other ready work of this process have its turn. No time has to pass for it, so it is no part of the clock.
 */
export function nextTurn(): Promise<void> {
  return setImmediate();
}

/** How long work takes before it lets others have a turn, in milliseconds: they keep leases, and answer. */
const turnMs = 20;

/** To be awaited between the steps of long work: others have their turn where it took a while since they last had one. */
export function turnsBy(clock: Pick<Clock, 'elapsedMs'>): () => Promise<void> {
  let since = clock.elapsedMs();
  return async () => {
    if (clock.elapsedMs() - since < turnMs) return;
    await nextTurn();
    since = clock.elapsedMs();
  };
}
