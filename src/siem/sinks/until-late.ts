import type { Clock } from '../../runtime/clock.ts';
import { SinkUnavailable } from './faults.ts';

interface TimeGiven {
  readonly clock: Clock;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

/** Runs some work that ends once its signal aborts. Throws SinkUnavailable where it takes longer, or is to end before. */
export async function untilLate<Result>(
  { clock, withinMs, signal }: TimeGiven,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController();
  const over = new AbortController();
  const waiting = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => {
    // What came to its end is not aborted: its connection stays open.
    if (!over.signal.aborted) late.abort();
  });
  const isOver = Promise.withResolvers<never>();
  late.signal.addEventListener('abort', () => {
    const words = signal.aborted
      ? 'a delivery was broken off, since this service ends'
      : `there was no answer within ${String(withinMs / 1_000)} seconds`;
    isOver.reject(new SinkUnavailable(words));
  });
  // What throws at once ends as what fails later: otherwise nobody hears of the end of its time.
  const working = Promise.try(work, late.signal);
  working.catch(() => undefined);
  isOver.promise.catch(() => undefined);
  try {
    return await Promise.race([working, isOver.promise]);
  } finally {
    over.abort();
    await waiting;
  }
}
