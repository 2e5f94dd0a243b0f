import type { Gap } from '../../projections/isolation/hosts/host-states.ts';
import type { Lane } from '../../projections/isolation/judging/lanes.ts';

/**
 * True if nothing is known of what an answer is about: hosts, at a time that is still to come or was never recorded. Of the
 * documents it is known what they ask for then, if nobody decides anything else.
 */
export function isUnknown(lane: Lane, gaps: readonly Pick<Gap, 'kind'>[]): boolean {
  return lane === 'applied' && gaps.some(({ kind }) => kind === 'ledger');
}
