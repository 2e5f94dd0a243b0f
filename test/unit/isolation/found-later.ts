import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf } from '../../../projections/isolation/judging/lanes.ts';
import type { Entry } from '../../../events/entry.ts';
import { start, type History } from './history.ts';

/**
 * The hosts of which more is known now than at the end of each batch: by index, those that were found otherwise later,
 * and that no entry in between saw right. Read off the rule, batch by batch backwards from each drift, for histories in
 * which a host keeps its shard.
 */
export function foundLater(history: History): Set<string>[] {
  const later = history.batches.map(() => new Set<string>());
  history.batches.forEach(({ entries }, found) => {
    for (const entry of entries) {
      if (entry.type !== 'DriftDetected' || hasGap(history, found - 1, `drift host/${entry.data.host}`))
        continue;
      for (let index = found - 1; index >= 0; index -= 1) {
        later[index]?.add(entry.data.host);
        if (isSight(history, index, entry.data)) break;
      }
    }
  });
  return later;
}

/** Whether a batch saw the host right, or is the one that brought it. */
function isSight(history: History, index: number, at: { host: string; shard: string }): boolean {
  const isOf = ({ type, data }: Entry): boolean => {
    if (!('host' in data) || data.host !== at.host || !('shard' in data) || data.shard !== at.shard)
      return false;
    switch (type) {
      case 'ChangeApplied':
        return !hasGap(history, index, `acknowledgement ${at.host}`);
      case 'DriftCorrected':
        return !hasGap(history, index, `drift host/${at.host}`);
      case 'HostRegistered':
        return history.stateAfter(index - 1).hosts.setsOf(at.host).length === 0;
      default:
        return false;
    }
  };
  return (history.batches[index]?.entries ?? []).some(isOf);
}

/** Whether a gap was known at the end of a batch. */
function hasGap(history: History, index: number, gap: string): boolean {
  const question = { state: history.stateAfter(index), instant: history.now, wanted: allPairs };
  const known = { since: start, until: history.now, drifts: [] };
  return gapsOf('applied', question, known).some(({ kind, about }) => `${kind} ${about}` === gap);
}
