import { holderOf } from '../../../events/names.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import { filterByName } from '../ends.ts';
import { bucketOf, type ListRow } from './digested-lists.ts';
import type { HistoryIndex } from './history-index.ts';
import { pairIn, pairList, pairsOfList, type PairKind } from './names.ts';
import { recordedPair } from './recorded-forms.ts';

/** A pair that there is something of in an index. */
export interface IndexedPair extends Pair {
  readonly list: ListRow;
}

/** The ends that are asked about, one or two; of all pairs where there is none. */
export type AskedNames = readonly (string | undefined)[];

/** The pairs of a kind that concern all ends that are asked about, and perhaps some more. */
export function pairsOf(index: HistoryIndex, kind: PairKind, names: AskedNames): IndexedPair[] {
  const given = names.filter((name) => name !== undefined);
  const [first, ...others] = given.map((name) => pairsOfName(index, kind, name));
  if (first === undefined) return everyPair(index, kind);
  return [...first.values()].flatMap((pair) => {
    if (!others.every((other) => other.has(pairKey(pair)))) return [];
    const list = index.list(pairList(kind, pair));
    return list === undefined ? [] : [{ ...pair, list }];
  });
}

/** The pairs of all ends that a name means. */
function pairsOfName(index: HistoryIndex, kind: PairKind, name: string): ReadonlyMap<string, Pair> {
  const isMeant = filterByName(name);
  const { name: prefix } = pairsOfList(kind, '');
  const pairs = new Map<string, Pair>();
  for (const list of index.lists.inBucket(bucketOf(holderOf(name))).values()) {
    if (!list.name.startsWith(prefix) || !isMeant(list.name.slice(prefix.length))) continue;
    for (const { body } of index.lists.between(list, -1, Number.MAX_SAFE_INTEGER)) {
      const pair = recordedPair.parse(JSON.parse(body));
      pairs.set(pairKey(pair), pair);
    }
  }
  return pairs;
}

function everyPair(index: HistoryIndex, kind: PairKind): IndexedPair[] {
  return Array.from(index.lists.all()).flatMap((list) => {
    const pair = pairIn(list.name);
    return pair?.kind === kind ? [{ from: pair.from, to: pair.to, list }] : [];
  });
}
