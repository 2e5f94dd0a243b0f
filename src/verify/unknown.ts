import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import type { Moment } from '../../projections/isolation/history/interval.ts';
import type { Lane } from '../../projections/isolation/judging/lanes.ts';

/** An answer about one instant or two, and what is not known of it. */
export interface Doubted {
  readonly lane: Lane;
  readonly at: readonly Pick<Moment, 'seq'>[];
  readonly gaps: readonly Pick<Gap, 'kind'>[];
}

/**
 * True if nothing is known of what an answer is about: anything before the first entry; and hosts, at a time that is still to
 * come. Of the documents it is known what they ask for then, if nobody decides anything else.
 */
export function isUnknown({ lane, at, gaps }: Doubted): boolean {
  return at.some(({ seq }) => seq < 0) || (lane !== 'intended' && gaps.some(({ kind }) => kind === 'ledger'));
}
