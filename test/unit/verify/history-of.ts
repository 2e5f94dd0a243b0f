import { IntervalEngine } from '../../../projections/isolation/history/interval-engine.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { replay } from '../../../src/ledger/replay.ts';
import type { LedgerReader } from '../../../src/ledger/port.ts';
import { HistoryBuilding } from '../../../src/verify/history/history-building.ts';
import { openHistory } from '../../../src/verify/history/history-file.ts';
import { HistoryIndex } from '../../../src/verify/history/history-index.ts';
import { intervalOf } from '../../../src/verify/interval.ts';

/** The engine of tests. */
const engine = 'the engine';

/** Writes the index of a ledger, up to its head and a time after that. */
export async function buildHistory(
  ledger: LedgerReader,
  { path, lane, now }: { path: string; lane: Lane; now: string },
): Promise<void> {
  const building = new HistoryBuilding(path, { ledger: ledger.id, lane, engine });
  const interval = await intervalOf(ledger, { lane }, { now: () => now });
  const judge = new IntervalEngine({ lane, interval, known: interval.known, wanted: allPairs }, building);
  const head = await ledger.head();
  const cursor = await replay(ledger, {
    onBatch: (batch) => {
      judge.follow(batch);
    },
  });
  judge.answer();
  building.finish({ cursor, head, passed: interval.to.time, engine: judge.engine });
}

/** An index that is there. */
export function historyAt(path: string): HistoryIndex {
  const opened = openHistory(path);
  if (opened === undefined) throw new Error(`there is no index at ${path}`);
  return new HistoryIndex(opened);
}
