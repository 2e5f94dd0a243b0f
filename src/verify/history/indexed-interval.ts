import { clockAhead } from '../../ledger/clocks.ts';
import { judgedAt, type Instant } from '../../ledger/instants.ts';
import type { AskersClock } from '../fold.ts';
import { intervalBy, noBatch, type IntervalEnds, type LedgerInterval } from '../interval.ts';
import type { HistoryIndex, IndexedBatch } from './history-index.ts';

/**
 * As intervalOf, by an index of the whole ledger. Undefined where the ledger is ahead of the asker's clock, or time has passed since that
 * may have changed something. Throws IntervalReversed, NoSuchInstant.
 */
export function intervalIn(
  index: HistoryIndex,
  ends: IntervalEnds,
  clock: AskersClock,
): LedgerInterval | undefined {
  const { last, passed, next } = index.meta;
  const now = clock.now();
  const { knownUntil = now, shown = now } = clock;
  if (clockAhead({ recordedAt: last.recordedAt, now: shown }) !== undefined) return undefined;
  const first = index.batchAfter(-1);
  const lastUpTo = (at: Instant): typeof noBatch => lastOf(batchAt(index, at));
  const lasts = {
    first: lastOf(first),
    from: ends.from === undefined ? noBatch : lastUpTo(ends.from),
    to: lastUpTo(ends.to ?? { kind: 'now' }),
  };
  const interval = intervalBy(lasts, ends, now);
  const { time } = interval.to;
  if (time > passed && next !== null && next <= time) return undefined;
  const known = {
    since: first?.recordedAt,
    until: judgedAt(knownUntil, last.recordedAt),
    drifts: index.driftsAfter(interval.from.seq),
    takenBack: index.takenBack(),
  };
  return { ...interval, known };
}

function batchAt(index: HistoryIndex, at: Instant): IndexedBatch | undefined {
  switch (at.kind) {
    case 'seq':
      return index.batchUpTo(at.seq);
    case 'time':
      return index.batchBefore(at.instant);
    case 'now':
      return index.batchUpTo(index.meta.last.seq);
  }
}

function lastOf(batch: IndexedBatch | undefined): typeof noBatch {
  return batch === undefined ? noBatch : { seq: batch.last, recordedAt: batch.recordedAt };
}
