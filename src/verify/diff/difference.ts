import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../ledger/instants.ts';
import type { AskersClock, Moment } from '../fold.ts';
import type { KeptHistory } from '../history/kept-history.ts';
import type { ChangeCause } from './causes.ts';
import type { ChangedRow } from './lane-traffic.ts';

export interface DiffQuestion {
  readonly from: Instant;
  readonly to: Instant;
  readonly lane: Lane;
  readonly clock: AskersClock;
  /** What is kept of answers of `verify`, from which this one is taken where it can; then only entries are read that are told of. */
  readonly history?: KeptHistory | undefined;
}

/** The answer of the `diff` command, as its JSON has it. */
export interface Difference {
  readonly formatVersion: 1;
  readonly from: Moment;
  readonly to: Moment;
  readonly lane: Lane;
  /** Traffic that is allowed at `to` and not at `from`, whichever of the two came first. */
  readonly gained: readonly ChangedRow[];
  readonly lost: readonly ChangedRow[];
  /** The causes between the two instants, in the order in which they happened. */
  readonly batches: readonly ChangeCause[];
  /** How many batches lie between the two instants: what one opened and another closed shows in neither. */
  readonly between: number;
  /** How many time bounds of rules passed between the two: what one opened and another closed shows in neither. */
  readonly boundsBetween: number;
  /** What is not known of either instant: with a gap the connections there may be others. */
  readonly gaps: { readonly from: readonly Gap[]; readonly to: readonly Gap[] };
}

/** True if one instant comes after another: by entries first, then by the clock. */
export function isLater(one: Moment, other: Moment): boolean {
  return one.seq === other.seq ? one.time > other.time : one.seq > other.seq;
}
