import type { Random } from '../bench/estate/random.ts';

/** What befalls a call to something outside the process. Each fault comes in two: the work was not done, or it was. */
export type Mishap = 'none' | 'not-done' | 'done-but-reported-failed' | 'crash-before' | 'crash-after';

/** How likely a mishap is at each call. */
export interface Weather {
  readonly fault: number;
  readonly crash: number;
}

export const calm: Weather = { fault: 0, crash: 0 };
export const fair: Weather = { fault: 0.01, crash: 0.004 };
export const rough: Weather = { fault: 0.08, crash: 0.03 };

/** Draws what befalls the next call. */
export function mishapIn({ fault, crash }: Weather, random: Random): Mishap {
  const drawn = random.next();
  if (drawn < fault) return random.chance(0.5) ? 'not-done' : 'done-but-reported-failed';
  if (drawn < fault + crash) return random.chance(0.5) ? 'crash-before' : 'crash-after';
  return 'none';
}
