import { setTimeout } from 'node:timers/promises';
import { Fault } from './errors.ts';

/** The last millisecond that four digits of a year can tell. */
const millisecondsMax = Date.parse('9999-12-31T23:59:59.999Z');

/** A clock that shows a time which no entry can have: before 1970, or after 9999. */
class BadClock extends Fault {
  readonly code = 'BadClock';
  readonly category = 'unreachable';

  constructor(milliseconds: number) {
    super(`this machine's clock says ${timeWords(milliseconds)}, which cannot be: set it`);
  }
}

/** A clock may show what no date can be made of. */
function timeWords(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? `${String(milliseconds)} ms after 1970` : time.toISOString();
}

/** The time of day, for code that judges and never waits. */
export interface WallClock {
  /**
   * Now, as UTC with milliseconds: `2026-03-01T12:00:00.000Z`. The clock may be set, and so step back. Throws BadClock.
   */
  now(): string;
}

/**
 * Time as a port, so that tests and simulations bring their own. No other code of the product reads a clock or waits.
 */
export interface Clock extends WallClock {
  /** A reading in milliseconds that never steps back. Only the difference of two readings means something. */
  elapsedMs(): number;
  /** Waits for so many milliseconds, or until the signal aborts. Neither is an error. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The last answer. Formatting a time takes longer than reading the clock, and many calls come within a millisecond.
 */
let last = { milliseconds: NaN, text: '' };

/** Node's timers take a longer wait, and one below nothing, for one of a millisecond. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now() {
    const milliseconds = Date.now();
    if (!(milliseconds >= 0 && milliseconds <= millisecondsMax)) throw new BadClock(milliseconds);
    if (milliseconds !== last.milliseconds)
      last = { milliseconds, text: new Date(milliseconds).toISOString() };
    return last.text;
  },
  elapsedMs: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      for (let left = Math.max(0, milliseconds); left >= 0; left -= timerMsMax)
        await setTimeout(Math.min(left, timerMsMax), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
