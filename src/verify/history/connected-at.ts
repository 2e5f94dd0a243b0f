import type { IntervalQuestion } from '../../../projections/isolation/history/interval.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import { isNothing, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { HistoryIndex } from './history-index.ts';
import { HistoryRun } from './history-run.ts';
import { connectedBy, recordedPassing } from './recorded-passing.ts';
import { pairsOf, type AskedNames } from './wanted-pairs.ts';

/** What `connections` lists at the instant with which an interval begins, by an index, and what is not known of it. */
export function connectedAt(
  index: HistoryIndex,
  question: Omit<IntervalQuestion, 'reach'>,
  names: AskedNames,
): { readonly pairs: readonly (Pair & { readonly traffic: Traffic })[]; readonly gaps: readonly Gap[] } {
  const run = new HistoryRun(index, question);
  const pairs = pairsOf(index, 'passing', names).flatMap(({ from, to, list }) => {
    if (from === to || !question.wanted.pair({ from, to })) return [];
    const item = index.lists.at(list, run.first);
    if (item === undefined) return [];
    const traffic = connectedBy(recordedPassing.parse(JSON.parse(item.body)));
    return isNothing(traffic) ? [] : [{ from, to, traffic }];
  });
  return { pairs, gaps: run.gapsAtBeginning() };
}
