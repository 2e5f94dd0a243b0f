import type { Clock } from '../../runtime/clock.ts';
import { failureOf, NoAnswer, unavailable } from './esdb-error.ts';

/** The time for which passing failures are tried again, and the longest time of one call, in milliseconds. */
export interface Patience {
  readonly totalMilliseconds: number;
  readonly callMilliseconds: number;
  readonly clock: Clock;
}

/** By default 15 seconds in all, and 5 for a call. */
export function patienceOf({
  clock,
  patienceMilliseconds: totalMilliseconds = 15_000,
  callMilliseconds = 5000,
}: {
  clock: Clock;
  patienceMilliseconds?: number | undefined;
  callMilliseconds?: number | undefined;
}): Patience {
  return { totalMilliseconds, callMilliseconds, clock };
}

const pauseMillisecondsMin = 20;
const pauseMillisecondsMax = 1000;

/** True if an earlier try of the call may have had its effect. */
export interface EarlierTries {
  readonly doubtful: boolean;
}

/**
 * Tries a call until it succeeds, fails for good, or patience ends. The pause between tries grows, with a random
 * part, so that clients that lost a server together do not come back together. Throws the error of a call that fails
 * for good. When patience ends, throws `onDoubt` if a try may have had its effect, else StoreUnavailable.
 */
export async function persist<Answer>(
  place: string,
  { totalMilliseconds, clock }: Patience,
  {
    attempt,
    onDoubt,
  }: {
    attempt: (before: EarlierTries) => Promise<Answer>;
    onDoubt?: (cause: unknown) => Error;
  },
): Promise<Answer> {
  const deadlineMs = clock.elapsedMs() + totalMilliseconds;
  let doubtful = false;
  for (let pause = pauseMillisecondsMin; ; pause = Math.min(2 * pause, pauseMillisecondsMax)) {
    try {
      return await attempt({ doubtful });
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== 'passing' && failure !== 'unsent') throw error;
      doubtful ||= failure === 'passing';
      if (clock.elapsedMs() + pause > deadlineMs) {
        throw doubtful && onDoubt !== undefined ? onDoubt(error) : unavailable(place, error);
      }
    }
    await clock.sleep(pause * (0.5 + Math.random()));
  }
}

/** Ends a call that is not answered in time. Throws NoAnswer. */
export async function within<Answer>(
  { callMilliseconds, clock }: Patience,
  call: Promise<Answer>,
): Promise<Answer> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      call,
      clock.sleep(callMilliseconds, stop.signal).then((): never => {
        throw new NoAnswer(`no answer within ${String(callMilliseconds)} ms`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}
