import type { Clock } from '../../runtime/clock.ts';

/** How long what is under way may take once the role that delivers is to end, in milliseconds. */
const graceMs = 4_000;

/** Aborts some time after another signal did: what is under way then may come to its end. */
export function lateSignal(signal: AbortSignal, clock: Clock, over: AbortSignal): AbortSignal {
  const late = new AbortController();
  const wait = (): void => {
    void clock.sleep(graceMs, over).then(() => {
      late.abort();
    });
  };
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return late.signal;
}
