import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf } from '../../../projections/isolation/judging/lanes.ts';
import type { Entry } from '../../../events/entry.ts';
import { byHand } from './by-hand.ts';
import { start, type History } from './history.ts';

/**
 * The hosts of which more is known now than at the end of each batch: by index, those that were found otherwise later,
 * and that nobody saw whole and right in between, by what entries say of it. Read off the rule, batch by batch backwards from
 * each drift, for histories in which a host keeps its shard.
 */
export function foundLater(history: History): Set<string>[] {
  const later = history.batches.map(() => new Set<string>());
  history.batches.forEach(({ entries }, found) => {
    for (const entry of entries) {
      if (entry.type !== 'DriftDetected' || hasGap(history, found - 1, `drift host/${entry.data.host}`))
        continue;
      let since: string | undefined;
      for (let index = found - 1; index >= 0; index -= 1) {
        if (since !== undefined && (history.batches[index]?.recordedAt ?? '') <= since) break;
        later[index]?.add(entry.data.host);
        since ??= sightIn(history, index, entry.data);
      }
    }
  });
  return later;
}

/** When the whole host was seen right, by the last entry of a batch that says so, or brings it; undefined if none does. */
function sightIn(history: History, index: number, at: { host: string; shard: string }): string | undefined {
  const seenBy = ({ type, data, recordedAt }: Entry): string | null => {
    if (!('host' in data) || data.host !== at.host || !('shard' in data) || data.shard !== at.shard)
      return null;
    switch (type) {
      case 'ChangeApplied':
        return hasGap(history, index, `acknowledgement ${at.host}`) ? null : data.seenWhole;
      case 'DriftCorrected':
        return hasGap(history, index, `drift host/${at.host}`) ? null : data.seenWhole;
      case 'BypassSettled':
        return isOver(history, index, data) ? data.seenWhole : null;
      case 'HostRegistered':
        return history.stateAfter(index - 1).hosts.setsOf(at.host).length === 0 ? recordedAt : null;
      default:
        return null;
    }
  };
  const { entries } = history.batches[index] ?? { entries: [] };
  return entries.map(seenBy).findLast((seen) => seen !== null) ?? undefined;
}

/** Whether a batch says that all is over that was done at a host by hand. */
function isOver(history: History, index: number, { host, shard }: { host: string; shard: string }): boolean {
  const [before, after] = [index - 1, index].map(
    (at) => byHand(history)[at]?.has(`${host} ${shard}`) === true,
  );
  return before === true && after === false;
}

/** Whether a gap was known at the end of a batch. */
function hasGap(history: History, index: number, gap: string): boolean {
  const question = { state: history.stateAfter(index), instant: history.now, wanted: allPairs };
  const known = { since: start, until: history.now, drifts: [], takenBack: [] };
  return gapsOf('applied', question, known).some(({ kind, about }) => `${kind} ${about}` === gap);
}
