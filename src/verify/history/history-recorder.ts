import { findingsFor, type Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import type { PairRecord } from '../../../projections/isolation/engine/pair-record.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { PairMap, type Pair } from '../../../projections/isolation/pair.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import { GapWriter } from './gap-edits.ts';
import type { ListWriter } from './list-writer.ts';
import {
  batchesList,
  driftsList,
  gapsList,
  isNamed,
  nameList,
  namesTouched,
  pairList,
  pairsOfList,
  stopsList,
  takenBackList,
  vouchedList,
  type ListName,
  type PairKind,
} from './names.ts';
import type { RecordedBatch, RecordedFindings, RecordedStop, RecordedWord } from './recorded-forms.ts';

/** Hears an engine from the first entry on, and writes down what changes. */
export class HistoryRecorder {
  readonly #lists: ListWriter;
  readonly #lane: Lane;
  readonly #gaps = new GapWriter();
  /** The number of stops at which something changed. */
  #stops = 0;
  readonly #opened = new PairMap<RecordedFindings['opened']>();
  readonly #reached = new PairMap<boolean>();
  readonly #named = new Set<string>();
  /** By end, the pairs that are listed there. */
  readonly #listed = new Map<string, Set<string>>();
  /** How many of these were written. */
  #written = { drifts: 0, takenBack: 0, vouched: 0 };
  #last: FoldedBatch | undefined;

  constructor(lists: ListWriter, lane: Lane) {
    this.#lists = lists;
    this.#lane = lane;
  }

  /** The last batch that was followed. */
  get last(): Pick<FoldedBatch, 'last' | 'recordedAt'> | undefined {
    return this.#last;
  }

  /** How many stops changed something. */
  get stops(): number {
    return this.#stops;
  }

  /** A stop, while it is looked at. */
  look(stop: Stop, engine: Engine): void {
    if (stop.documents !== undefined) this.#takeNames(stop.documents, engine.state);
    const flipped = Array.from(stop.judged).filter(
      (pair) => engine.reaches(pair) !== (this.#reached.get(pair) ?? false),
    );
    // What hosts hold does not change by the clock, and neither do the gaps of it.
    const isLooked = this.#lane === 'intended' || stop.cause.seq !== null;
    const gaps = isLooked ? this.#gaps.next(engine.gaps()) : undefined;
    if (stop.changed.length + flipped.length === 0 && gaps === undefined) return;
    const at = this.#stops;
    this.#stops += 1;
    const { instant, cause } = stop;
    this.#put(stopsList, at, { instant, seq: engine.state.seq, cause } satisfies RecordedStop);
    if (gaps !== undefined) this.#put(gapsList, at, gaps);
    for (const record of stop.changed) this.#takeFindings(record, at);
    for (const pair of flipped) this.#flip(pair, at);
  }

  /** A batch that the engine has followed. */
  follow(batch: FoldedBatch, state: IsolationState): void {
    const { entries, last, recordedAt } = batch;
    this.#last = batch;
    const first = entries[0]?.seq ?? last;
    this.#put(batchesList, last, [first, recordedAt] satisfies RecordedBatch);
    const { foundDrifts, takenBack, vouched } = state.hosts;
    for (const drift of foundDrifts.slice(this.#written.drifts))
      this.#put(driftsList, drift.found.seq, drift);
    takenBack.slice(this.#written.takenBack).forEach((word, index) => {
      this.#put(takenBackList, this.#written.takenBack + index, word);
    });
    vouched.slice(this.#written.vouched).forEach(({ host, shard, seq, time, by, reason }, index) => {
      const word: RecordedWord = { host, shard, seq, time, by, reason };
      this.#put(vouchedList, this.#written.vouched + index, word);
    });
    this.#written = {
      drifts: foundDrifts.length,
      takenBack: takenBack.length,
      vouched: vouched.length,
    };
  }

  #takeFindings(record: PairRecord, at: number): void {
    const { from, to, findings } = record;
    const before = this.#opened.get(record) ?? {};
    const kinds = findingsFor(record, () => true).map(({ kind }) => kind);
    const opened = Object.fromEntries(kinds.map((kind) => [kind, before[kind] ?? at]));
    this.#opened.set(record, opened);
    this.#put(pairList('found', { from, to }), at, { findings, opened } satisfies RecordedFindings);
    const ends = findings.flatMap(({ former }) => (former === undefined ? [] : [former.from, former.to]));
    for (const end of new Set([from, to, ...ends])) this.#list('found', end, { from, to });
  }

  #flip({ from, to }: Pair, at: number): void {
    const isReached = !(this.#reached.get({ from, to }) ?? false);
    this.#reached.set({ from, to }, isReached);
    this.#put(pairList('reached', { from, to }), at, isReached);
    for (const end of new Set([from, to])) this.#list('reached', end, { from, to });
  }

  /** Lists a pair among those of an end, once. */
  #list(kind: PairKind, end: string, { from, to }: Pair): void {
    const list = pairsOfList(kind, end);
    const known = this.#listed.get(list.name) ?? new Set();
    const pair = `${from} ${to}`;
    if (known.has(pair)) return;
    this.#put(list, known.size, { from, to });
    this.#listed.set(list.name, known.add(pair));
  }

  #takeNames(before: NonNullable<Stop['documents']>, { documents, seq }: IsolationState): void {
    for (const name of namesTouched(before, documents)) {
      const isThere = isNamed(name, documents);
      if (this.#named.has(name) === isThere) continue;
      if (isThere) this.#named.add(name);
      else this.#named.delete(name);
      this.#put(nameList(name), seq, isThere);
    }
  }

  #put(list: ListName, at: number, body: unknown): void {
    this.#lists.append(list, { at, body: JSON.stringify(body) });
  }
}
