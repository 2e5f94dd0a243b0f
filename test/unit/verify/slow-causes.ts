import { boundsOf } from '../../../projections/isolation/authorised/rule-time.ts';
import { Timeline } from '../../../projections/isolation/history/timeline.ts';
import { foldedFor, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../../../projections/isolation/state.ts';
import {
  gainedIn,
  laneTraffic,
  type ChangedRow,
  type PairTraffic,
} from '../../../src/verify/diff/lane-traffic.ts';
import type { Moment } from '../../../src/verify/fold.ts';

interface PlainCause {
  readonly time: string;
  /** The last entry of the batch; undefined where the clock alone did it. */
  readonly last: number | undefined;
  readonly lane: Lane;
  readonly gained: readonly ChangedRow[];
  readonly lost: readonly ChangedRow[];
  readonly rules: number;
}

/** Looks at all pairs after every batch and every time bound between two moments: the plainest account of what changed. */
export function slowCauses(
  batches: readonly FoldedBatch[],
  { from, to, lane }: { from: Moment; to: Moment; lane: Lane },
): PlainCause[] {
  const causes: PlainCause[] = [];
  const known = new Map<Lane, PairTraffic>();
  let batch: FoldedBatch | undefined;
  const look = (instant: string, last: number | undefined): void => {
    for (const one of new Set<Lane>(['intended', lane])) {
      const before = known.get(one);
      const after = laneTraffic(one, { state: timeline.state, instant });
      known.set(one, after);
      if (before === undefined) continue;
      const [gained, lost] = [gainedIn(after, before), gainedIn(before, after)];
      if (gained.length + lost.length === 0) continue;
      const rules = last === undefined ? boundAt(timeline.state, instant) : 0;
      causes.push({ time: instant, last, lane: one, gained, lost, rules });
    }
  };
  const timeline = new Timeline(
    ({ instant, cause }) => {
      look(instant, cause.seq === null ? undefined : batch?.last);
      return [];
    },
    { state: new IsolationState(foldedFor(lane)) },
  );
  for (const each of batches.filter(({ last }) => last <= from.seq)) timeline.skip(each);
  timeline.begin(from.time, []);
  look(from.time, undefined);
  for (const each of batches.filter(({ last }) => last > from.seq && last <= to.seq)) {
    batch = each;
    timeline.follow(each);
  }
  timeline.passTime(to.time);
  return causes;
}

function boundAt({ documents }: IsolationState, instant: string): number {
  return [...documents.policies.values()]
    .flatMap(({ egress, ingress }) => [...egress, ...ingress])
    .filter((rule) => boundsOf(rule).includes(instant)).length;
}
