import type { Question } from './contacts.ts';
import type { Gap } from '../hosts/host-states.ts';

/** The time of which a ledger can tell: UTC with milliseconds, both ends included. */
export interface Recorded {
  /** When its first batch was recorded; undefined while there is none. */
  readonly since: string | undefined;
  /** Now; or when its last batch was recorded, where that is later. */
  readonly until: string;
}

/** The first instant that is still to come. */
export function firstToCome({ until }: Recorded): string {
  return new Date(Date.parse(until) + 1).toISOString();
}

/**
 * What an instant outside the recorded time leaves open, however right everything looks there: before the first entry
 * hosts may have held anything, and of what is to come only the time bounds are known. `mayChange` says what is not.
 */
export function ledgerGaps(
  { state, instant }: Pick<Question, 'state' | 'instant'>,
  { since, until }: Recorded,
  mayChange: string,
): Gap[] {
  const problems: string[] = [];
  if (state.seq < 0) {
    problems.push(
      since === undefined
        ? 'nothing was recorded yet'
        : `the ledger begins at ${since}: nothing is known of before`,
    );
  }
  if (instant > until) problems.push(`what comes after ${until} is still to come: ${mayChange} by then`);
  return problems.map((problem) => ({ kind: 'ledger', about: 'ledger', problem }));
}
