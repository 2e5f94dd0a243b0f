import type { Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import { intersect, isNothing } from '../../../projections/isolation/header-sets/traffic.ts';
import type { GapWindow, IntervalQuestion } from '../../../projections/isolation/history/interval.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import type { Passing } from '../../../projections/isolation/judging/passing.ts';
import type { Reach, ReachStretch } from '../../../projections/isolation/judging/reach.ts';
import type { TrafficWindow } from './traffic-windows.ts';
import type { AuthorisingRule, WindowCause } from './window-causes.ts';

/** What passed between some pairs in an interval is asked: the pairs, one way, and the traffic. */
export interface PassedQuestion extends Omit<IntervalQuestion, 'reach'> {
  readonly traffic: Traffic;
}

/** What passed between some pairs in an interval. */
export interface Passed {
  /** Those that passed at some instant of the interval. */
  readonly windows: readonly TrafficWindow<WindowCause, AuthorisingRule>[];
  readonly gaps: readonly GapWindow[];
  readonly reach: readonly ReachStretch[];
}

/** The part of what passes that is asked about. */
export function askedOf(passing: readonly Passing[], asked: Traffic): Passing[] {
  return passing
    .map((strand) => ({ ...strand, traffic: intersect(strand.traffic, asked) }))
    .filter(({ traffic }) => !isNothing(traffic));
}

/** The reach by what passes at an instant. */
export function reachBy(passing: Iterable<Pick<Passing, 'standing'>>, gaps: readonly Gap[]): Reach {
  const standings = new Set(Array.from(passing, ({ standing }) => standing));
  if (standings.size > (standings.has('authorised') ? 1 : 0)) return 'unauthorised';
  if (gaps.length > 0) return 'unknown';
  return standings.size > 0 ? 'authorised' : 'none';
}
