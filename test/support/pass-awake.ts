import { setImmediate } from 'node:timers/promises';
import type { ManualClock } from '../doubles/manual-clock.ts';

/** A part of whatever is waited for. */
const stepMs = 25;

/** Lets time pass by little, with turns for all that is ready in between, as it passes for a process that does not stand still. */
export async function passAwake(clock: ManualClock, milliseconds: number): Promise<void> {
  for (let leftMs = milliseconds; leftMs > 0; leftMs -= stepMs) {
    await setImmediate();
    clock.pass(Math.min(stepMs, leftMs));
  }
  await setImmediate();
}
