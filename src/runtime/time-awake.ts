import type { Clock } from './clock.ts';

/** The parts in which time is counted, and the longest one. */
const parts = 8;
const partMsMax = 1_000;

/**
 * Waits for so many milliseconds in which this process was awake, or until the signal aborts. While it was stopped, or busy, it could
 * take no answer either, and a wait that is over as soon as it wakes would be laid to those who answered meanwhile.
 */
export async function timeAwake(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  const partMs = Math.min(partMsMax, milliseconds / parts);
  for (let leftMs = milliseconds; leftMs > 0 && !signal.aborted;) {
    const sleepMs = Math.min(partMs, leftMs);
    const begunMs = clock.elapsedMs();
    await clock.sleep(sleepMs, signal);
    if (clock.elapsedMs() - begunMs <= 2 * partMs) leftMs -= sleepMs;
  }
}
