import type { Clock } from '../runtime/clock.ts';
import { timeAwake } from '../runtime/time-awake.ts';
import { driverThrough } from './driver-through.ts';
import { StandsStill, TooLate } from './faults.ts';
import type { OverlayDriver } from './port.ts';

/** How long a host may take to answer a call: as long as a sync waits for hosts that are away, if nothing else is said. */
export const answerMsMax = 60_000;

/** How long its counters of dropped packets may take, which nobody waits for who is to cut somebody off. */
export const countersMsMax = 5_000;

/** How long a host may take to say its mark before the others are driven without it: then it is waited for. */
export const promptMarkMsMax = 5_000;

/** The same where somebody is to be cut off. */
export const urgentMarkMsMax = 2_000;

/** How long a host is read before it is asked whether it still says its mark. */
export const unaskedMsMax = 1_000;

/**
 * A driver whose hosts answer in time, or are away: one that never answers would keep a command from ending. Such a call goes on
 * behind the caller's back; what comes of it is seen when the host is read again.
 */
export function inTime(driver: OverlayDriver, clock: Clock): OverlayDriver {
  const bounded = async <Answer>(host: string, call: Promise<Answer>, withinMs: number): Promise<Answer> => {
    if (await isAnswered(call, clock, withinMs)) return call;
    throw new TooLate(lateWords(host, withinMs));
  };
  const watch = driver.watch?.bind(driver);
  return {
    ...driverThrough(driver, (host, ask, call) =>
      bounded(host, ask(), call === 'drops' ? countersMsMax : answerMsMax),
    ),
    // Only its beginning has a time. One that began too late, and that nobody has, is ended.
    ...(watch && {
      watch: async (host, signal) => {
        const late = new AbortController();
        try {
          return await bounded(host, watch(host, AbortSignal.any([signal, late.signal])), answerMsMax);
        } catch (error) {
          late.abort();
          throw error;
        }
      },
    }),
  };
}

/**
 * A driver whose hosts say their marks soon, or are away. A host that is read whole is asked for its mark too, if that takes long: so
 * it may at a host that is well, up to `readMs`, and one that stands still does not say its mark either. Changes may take as long as they may.
 */
export function marksWithin(
  driver: OverlayDriver,
  clock: Clock,
  { markMs, readMs = answerMsMax }: { markMs: number; readMs?: number },
): OverlayDriver {
  const bounded = async <Answer>(host: string, call: Promise<Answer>, withinMs: number): Promise<Answer> => {
    if (await isAnswered(call, clock, withinMs)) return call;
    throw new StandsStill(lateWords(host, markMs));
  };
  const drops = driver.drops?.bind(driver);
  const means = driver.means?.bind(driver);
  return {
    name: driver.name,
    mark: (host) => bounded(host, driver.mark(host), markMs),
    read: async (host, expected) => {
      const call = driver.read(host, expected);
      if (await isAnswered(call, clock, unaskedMsMax)) return call;
      const isWell = Promise.allSettled([driver.mark(host)]);
      await bounded(host, Promise.race([call, isWell]), markMs - unaskedMsMax);
      if (await isAnswered(call, clock, readMs - unaskedMsMax)) return call;
      throw new TooLate(lateWords(host, readMs));
    },
    apply: (host, change) => driver.apply(host, change),
    ...(drops && { drops }),
    ...(means && { means }),
  };
}

/** Whether a call is answered, with whatever, before so much time has passed. */
export async function isAnswered(call: Promise<unknown>, clock: Clock, withinMs: number): Promise<boolean> {
  const done = new AbortController();
  const isLate = timeAwake(clock, withinMs, done.signal).then(() => false);
  try {
    return await Promise.race([Promise.allSettled([call]).then(() => true), isLate]);
  } finally {
    done.abort();
  }
}

export function lateWords(host: string, withinMs: number): string {
  const seconds = Math.max(1, Math.round(withinMs / 1000));
  return `host ${host} did not answer within ${String(seconds)} ${seconds === 1 ? 'second' : 'seconds'}`;
}
