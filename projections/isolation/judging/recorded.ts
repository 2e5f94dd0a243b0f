import type { Question } from './contacts.ts';
import type { Gap } from '../hosts/host-states.ts';

/** The time of which a ledger can tell: UTC with milliseconds, both ends included. */
export interface RecordedTime {
  /** The time of its first batch; undefined while there is none. */
  readonly since: string | undefined;
  /** The later of now and the time of its last batch. */
  readonly until: string;
}

/** The first instant that is still to come. */
export function firstToCome({ until }: RecordedTime): string {
  return new Date(Date.parse(until) + 1).toISOString();
}

/**
 * The gaps of an instant outside the recorded time, however right everything looks there. Before the first entry
 * hosts may have held anything. Of the time to come only the time bounds are known: `mayChange` names what may still
 * change.
 */
export function ledgerGaps(
  { state, instant }: Pick<Question, 'state' | 'instant'>,
  { since, until }: RecordedTime,
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
