import type { Clock } from '../runtime/clock.ts';
import { OverlayUnavailable } from './faults.ts';
import type { OverlayDriver } from './port.ts';

/** How long a host may take to answer a call: as long as a sync waits for hosts that are away, if nothing else is said. */
export const answerMsMax = 60_000;

/** How long its counters of dropped packets may take, which nobody waits for who is to cut somebody off. */
export const countersMsMax = 5_000;

/** How long a host may take to say its mark before the others are cut without it: then it is waited for. */
export const urgentMarkMsMax = 2_000;

/**
 * A driver whose hosts answer in time, or are away: one that never answers would keep a command from ending. Such a call goes on
 * behind the caller's back; what comes of it is seen when the host is read again. `markMs`: how long its mark may take.
 */
export function inTime(driver: OverlayDriver, clock: Clock, { markMs = answerMsMax } = {}): OverlayDriver {
  const bounded = async <Answer>(
    host: string,
    call: Promise<Answer>,
    withinMs = answerMsMax,
  ): Promise<Answer> => {
    const done = new AbortController();
    const late = async (): Promise<never> => {
      await clock.sleep(withinMs, done.signal);
      throw new OverlayUnavailable(
        `host ${host} did not answer within ${String(withinMs / 1000)} seconds: what comes of the call, its next reading tells`,
      );
    };
    try {
      return await Promise.race([call, late()]);
    } finally {
      done.abort();
    }
  };
  const drops = driver.drops?.bind(driver);
  const means = driver.means?.bind(driver);
  return {
    name: driver.name,
    mark: (host) => bounded(host, driver.mark(host), markMs),
    read: (host, expected) => bounded(host, driver.read(host, expected)),
    apply: (host, change) => bounded(host, driver.apply(host, change)),
    ...(drops && {
      drops: (host, expected) => bounded(host, drops(host, expected), countersMsMax),
    }),
    ...(means && { means: (host) => bounded(host, means(host)) }),
  };
}
