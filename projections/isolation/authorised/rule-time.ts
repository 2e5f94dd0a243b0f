import type { Rule } from '../../../events/estate.ts';

/** Where an instant lies to a rule's time bounds, which are half-open: `from` is included, `expires` is not. */
export type RuleTime = 'ahead' | 'open' | 'over';

export function timeOf({ from, expires }: Rule, instant: string): RuleTime {
  if (from !== undefined && instant < from.instant) return 'ahead';
  return expires !== undefined && expires.instant <= instant ? 'over' : 'open';
}

/** The instants at which a rule opens or lapses. */
export function boundsOf({ from, expires }: Rule): string[] {
  return [from, expires].flatMap((bound) => (bound === undefined ? [] : [bound.instant]));
}
