import type { IntervalQuestion, Moment } from '../../../projections/isolation/history/interval.ts';
import { edgesOf, edgesOfDrifts, type Hindsight } from '../../../projections/isolation/judging/recorded.ts';
import type { HistoryIndex, IndexedBatch } from './history-index.ts';

/** Orders moments as an engine comes to them: by the last entry, then by time. */
export function compareMoments(one: Moment, other: Moment): number {
  if (one.seq !== other.seq) return one.seq - other.seq;
  return Number(one.time > other.time) - Number(one.time < other.time);
}

/** What is known by hindsight and concerns an interval: other drifts were found before it, or begin after it. */
export function knownWithin({ interval: { from, to }, known, lane }: IntervalQuestion): Hindsight {
  if (lane === 'intended') return { ...known, drifts: [], takenBack: [] };
  return {
    ...known,
    drifts: known.drifts.filter(
      ({ seen, found }) => found.seq > from.seq && (seen.seq <= to.seq || seen.time < to.time),
    ),
    takenBack: known.takenBack.filter(({ said, back }) => back.seq > from.seq && said.seq <= to.seq),
  };
}

/**
 * The moments after the beginning of an interval at which gaps of time, or such as later entries tell of, may be others: the ends of batches that are
 * named by what is known, and the edges that it has. Sorted, each once. `known` is that of `knownWithin`.
 */
export function timePoints(index: HistoryIndex, { interval }: IntervalQuestion, known: Hindsight): Moment[] {
  const { from, to } = interval;
  const named = [
    ...known.drifts.flatMap(({ seen, found }) => [seen.seq, found.seq]),
    ...known.takenBack.flatMap(({ said, back }) => [said.seq, back.seq]),
  ];
  const batches = [...new Set(named)].map((seq) => index.batchUpTo(seq));
  // The first entry ends the time of which nothing is known.
  if (from.seq < 0) batches.push(index.batchAfter(-1));
  const edges = [...edgesOf(known), ...edgesOfDrifts(known)].filter(
    (edge) => edge > from.time && edge <= to.time,
  );
  const points = [
    ...batches.flatMap((batch) => (batch === undefined ? [] : [momentOf(batch)])),
    ...edges.map((edge) => pointOfEdge(index, edge)),
  ].filter(({ seq, time }) => seq >= from.seq && seq <= to.seq && (seq > from.seq || time > from.time));
  const sorted = points.sort(compareMoments);
  return sorted.filter((point, place) => {
    const before = sorted[place - 1];
    return before === undefined || compareMoments(before, point) !== 0;
  });
}

/** An edge, or the first batch of its very instant: that comes first, since a batch is looked at with all that its instant brings. */
function pointOfEdge(index: HistoryIndex, edge: string): Moment {
  const before = index.batchBefore(new Date(Date.parse(edge) - 1).toISOString());
  const next = index.batchAfter(before?.last ?? -1);
  if (next?.recordedAt === edge) return momentOf(next);
  return { seq: before?.last ?? -1, time: edge };
}

function momentOf({ last, recordedAt }: IndexedBatch): Moment {
  return { seq: last, time: recordedAt };
}
