import type { DatabaseSync } from 'node:sqlite';
import type { Moment } from '../../../projections/isolation/history/interval.ts';
import { digestOfKept } from '../../../projections/isolation/engine/kept.ts';
import type { Gap } from '../../../projections/isolation/hosts/gap.ts';
import type { FoundDrift } from '../../../projections/isolation/hosts/sights.ts';
import type { TakenBack, Vouched } from '../../../projections/isolation/hosts/vouches.ts';
import { digestOfText, ListReader, type Item, type ListRow } from './digested-lists.ts';
import { edited, gapEdit, type GapEdit, type WrittenGaps } from './gap-edits.ts';
import type { OpenHistory } from './history-file.ts';
import type { HistoryMeta } from './history-meta.ts';
import {
  batchesList,
  boundsList,
  driftsList,
  gapsList,
  nameList,
  stopsList,
  takenBackList,
  vouchedList,
  type ListName,
} from './names.ts';
import {
  recordedBatch,
  recordedBounds,
  recordedDrift,
  recordedStop,
  recordedTakenBack,
  recordedWord,
  type RecordedBounds,
  type RecordedStop,
} from './recorded-forms.ts';

import { IndexDamaged, textIn } from './rows.ts';

/** A batch of the ledger. */
export interface IndexedBatch {
  readonly first: number;
  readonly last: number;
  readonly recordedAt: string;
  /** How many batches there are up to it. */
  readonly number: number;
}

/** A policy whose rules have time bounds. */
export interface BoundedPolicy {
  /** The entry that enacted it. */
  readonly seq: number;
  readonly bounds: readonly string[];
}

/** What an index says of a ledger. All methods throw IndexDamaged, and the errors of SQLite. */
export class HistoryIndex {
  readonly meta: HistoryMeta;
  readonly lists: ListReader;
  readonly #database: DatabaseSync;
  readonly #stops = new Map<number, RecordedStop>();
  /** What is listed of time bounds, once somebody asked. */
  #bounds: readonly { readonly at: number; readonly of: RecordedBounds }[] | undefined;

  constructor({ database, meta }: OpenHistory) {
    this.meta = meta;
    this.#database = database;
    this.lists = new ListReader(database, meta.root);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  /** Reads all of it. Throws KeptRefused too. */
  requireWhole(): void {
    for (const list of this.lists.all()) this.lists.between(list, -1, Number.MAX_SAFE_INTEGER);
    digestOfKept(this.kept());
  }

  /** All that is kept of the engine. */
  kept(): (readonly [key: string, text: string])[] {
    const rows = this.#database.prepare('SELECT key, text FROM kept').all();
    const kept = rows.map((row) => [textIn(row, 'key'), textIn(row, 'text')] as const);
    const head = kept.find(([key]) => key === 'engine');
    if (head === undefined || digestOfText(head[1]) !== this.meta.kept)
      throw new IndexDamaged('what is kept of the engine is not what was written');
    return kept;
  }

  /** The stop of a number. */
  stop(number: number): RecordedStop {
    const known = this.#stops.get(number);
    if (known !== undefined) return known;
    const item = this.#at(stopsList, number);
    if (item?.at !== number) throw new Error(`there is no stop ${String(number)}`);
    return this.#keepStop(item);
  }

  /** Reads the stops of a stretch at once. */
  readStops(after: number, to: number): void {
    for (const item of this.between(stopsList, after, to)) this.#keepStop(item);
  }

  /** The number of the last stop that is part of what a moment has seen; -1 for none. */
  lastStopAt({ seq, time }: Moment): number {
    return lastIn(-1, this.meta.stops - 1, (number) => {
      const stop = this.stop(number);
      return stop.seq <= seq && stop.instant <= time;
    });
  }

  /** The batch of an entry, or the last one before it. */
  batchUpTo(seq: number): IndexedBatch | undefined {
    const ended = this.#at(batchesList, seq);
    const batch = ended && batchOf(ended);
    const next = this.batchAfter(batch?.last ?? -1);
    return next !== undefined && next.first <= seq ? next : batch;
  }

  /** The next batch after an entry that ends one. */
  batchAfter(last: number): IndexedBatch | undefined {
    const list = this.list(batchesList);
    const item = list && this.lists.next(list, last);
    return item && batchOf(item);
  }

  /** The last batch recorded at a time or before it. */
  batchBefore(time: string): IndexedBatch | undefined {
    const seq = lastIn(-1, this.meta.last.seq, (each) => {
      const item = this.#at(batchesList, each);
      return item === undefined || batchOf(item).recordedAt <= time;
    });
    const item = this.#at(batchesList, seq);
    return item && batchOf(item);
  }

  /** By tenant, the policies with time bounds that are in force after an entry. */
  boundedAt(seq: number): ReadonlyMap<string, BoundedPolicy> {
    const bounded = new Map<string, BoundedPolicy>();
    this.#bounds ??= this.#whole(boundsList).map(({ at, body }) => ({
      at,
      of: recordedBounds.parse(JSON.parse(body)),
    }));
    for (const { at, of } of this.#bounds) {
      if (at > seq) break;
      const [tenant, bounds] = of;
      if (bounds.length === 0) bounded.delete(tenant);
      else bounded.set(tenant, { seq: at, bounds });
    }
    return bounded;
  }

  /** The drifts that were found after an entry. */
  driftsAfter(seq: number): FoundDrift[] {
    return this.between(driftsList, seq, this.meta.last.seq).map(({ body }) =>
      recordedDrift.parse(JSON.parse(body)),
    );
  }

  takenBack(): TakenBack[] {
    return this.#whole(takenBackList).map(({ body }) => recordedTakenBack.parse(JSON.parse(body)));
  }

  /** The words that a host is gone, as they stood at an entry. */
  vouchedAt(seq: number): Vouched[] {
    const back = new Map(this.takenBack().map((word) => [word.said.seq, word.back.seq]));
    return this.#whole(vouchedList)
      .map(({ body }) => recordedWord.parse(JSON.parse(body)))
      .filter((word) => word.seq <= seq)
      .map((word) => {
        const until = back.get(word.seq);
        return { ...word, until: until !== undefined && until <= seq ? until : undefined };
      });
  }

  /** The gaps of the state after a stop. */
  gapsAt(stop: number): WrittenGaps {
    const list = this.list(gapsList);
    if (list === undefined) return { gaps: [], sinceWhole: 0 };
    const edits = this.lists
      .backFrom(list, stop, (item) => 'all' in editIn(item))
      .map(editIn)
      .reverse();
    return {
      gaps: edits.reduce<readonly Gap[]>(edited, []),
      sinceWhole: edits.filter((edit) => !('all' in edit)).length,
    };
  }

  /** By the number of their stop, how they change after that. */
  gapEdits(after: number, to: number): Map<number, GapEdit> {
    return new Map(this.between(gapsList, after, to).map((item) => [item.at, editIn(item)]));
  }

  /** Whether somebody has a name at any instant between two entries, with which batches end. */
  isNamed(name: string, { from, to }: { from: number; to: number }): boolean {
    const list = nameList(name);
    return (
      this.#at(list, from)?.body === 'true' ||
      this.between(list, from, to).some(({ body }) => body === 'true')
    );
  }

  /** What a list says at its end. */
  lastIn(list: ListName): Item | undefined {
    return this.#at(list, Number.MAX_SAFE_INTEGER);
  }

  list({ name, home }: ListName): ListRow | undefined {
    return this.lists.list(name, home);
  }

  between(name: ListName, after: number, to: number): readonly Item[] {
    const list = this.list(name);
    return list === undefined ? [] : this.lists.between(list, after, to);
  }

  #whole(name: ListName): readonly Item[] {
    return this.between(name, -1, Number.MAX_SAFE_INTEGER);
  }

  #at(name: ListName, place: number): Item | undefined {
    const list = this.list(name);
    return list && this.lists.at(list, place);
  }

  #keepStop({ at, body }: Item): RecordedStop {
    const stop = recordedStop.parse(JSON.parse(body));
    this.#stops.set(at, stop);
    return stop;
  }
}

/** The last number in a row for which something is so; `low`, for which it is, if it is so for none after that. */
function lastIn(low: number, high: number, isSo: (number: number) => boolean): number {
  let [first, last] = [low, high];
  while (first < last) {
    const middle = Math.ceil((first + last) / 2);
    if (isSo(middle)) first = middle;
    else last = middle - 1;
  }
  return first;
}

function batchOf({ at, body }: Item): IndexedBatch {
  const [first, recordedAt, number] = recordedBatch.parse(JSON.parse(body));
  return { first, last: at, recordedAt, number };
}

function editIn({ body }: Item): GapEdit {
  return gapEdit.parse(JSON.parse(body));
}
