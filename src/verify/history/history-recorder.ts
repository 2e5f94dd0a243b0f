import type { Entry } from '../../../events/entry.ts';
import type { Policy } from '../../../events/estate.ts';
import { boundsOf } from '../../../projections/isolation/authorised/rule-time.ts';
import { findingsFor, type Engine, type Stop } from '../../../projections/isolation/engine/engine.ts';
import type { PairRecord } from '../../../projections/isolation/engine/pair-record.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { PairMap, type Pair } from '../../../projections/isolation/pair.ts';
import type { FoldedBatch, IsolationState } from '../../../projections/isolation/state.ts';
import { GapWriter } from './gap-edits.ts';
import type { HistoryIndex } from './history-index.ts';
import type { HistoryMeta } from './history-meta.ts';
import type { ListWriter } from './list-writer.ts';
import {
  batchesList,
  boundsList,
  driftsList,
  gapsList,
  isNamed,
  nameList,
  namesTouched,
  pairList,
  pairsOfList,
  policyList,
  stopsList,
  takenBackList,
  vouchedList,
  type ListName,
  type PairKind,
} from './names.ts';
import {
  recordedFindings,
  recordedPair,
  type RecordedBatch,
  type RecordedBounds,
  type RecordedFindings,
  type RecordedStop,
  type RecordedWord,
} from './recorded-forms.ts';
import {
  evidenceOf,
  nothingPasses,
  passingOf,
  passingText,
  recordedPassing,
  type RecordedPassing,
} from './recorded-passing.ts';

/** Hears an engine from the first entry on, and writes down what changes. */
export class HistoryRecorder {
  readonly #lists: ListWriter;
  readonly #lane: Lane;
  /** What was written before; undefined where this begins with the first entry. */
  readonly #former: HistoryIndex | undefined;
  readonly #gaps: GapWriter;
  /** The number of stops at which something changed. */
  #stops: number;
  #byClock: string | null;
  /** How many batches were followed. */
  #batches: number;
  /** The tenants whose policy has time bounds. */
  readonly #bounded: Set<string>;
  readonly #opened = new PairMap<RecordedFindings['opened']>();
  /** By pair, the text of what passes. */
  readonly #passed = new PairMap<string>();
  readonly #named = new Map<string, boolean>();
  /** By end, the pairs that are listed there. */
  readonly #listed = new Map<string, Set<string>>();
  /** How many of these were written. */
  #written: { readonly drifts: number; readonly takenBack: number; readonly vouched: number };
  #last: HistoryMeta['last'] | undefined;

  /** Goes on from an index, with the state that its entries come to, if these are given. */
  constructor(lists: ListWriter, lane: Lane, former?: { index: HistoryIndex; state: IsolationState }) {
    this.#lists = lists;
    this.#lane = lane;
    const { meta } = former?.index ?? {};
    this.#former = former?.index;
    this.#stops = meta?.stops ?? 0;
    this.#byClock = meta?.byClock ?? null;
    this.#last = meta?.last;
    this.#batches = this.#former?.batchUpTo(Number.MAX_SAFE_INTEGER)?.number ?? 0;
    this.#bounded = new Set(this.#former?.boundedAt(Number.MAX_SAFE_INTEGER).keys());
    this.#gaps = new GapWriter(this.#former?.gapsAt(this.#stops));
    this.#written = writtenOf(former?.state);
  }

  /** What it says of itself, but for where the engine came to; undefined where there was no batch. */
  get reached(): Pick<HistoryMeta, 'last' | 'stops' | 'byClock'> | undefined {
    return this.#last && { last: this.#last, stops: this.#stops, byClock: this.#byClock };
  }

  /** A stop, while it is looked at. */
  look(stop: Stop, engine: Engine): void {
    if (stop.cause.seq === null) this.#byClock = stop.instant;
    if (stop.documents !== undefined) this.#takeNames(stop.documents, engine.state);
    const passing = Array.from(stop.judged).flatMap((pair) => this.#passingOf(pair, engine) ?? []);
    // What hosts hold does not change by the clock, and neither do the gaps of it.
    const isLooked = this.#lane === 'intended' || stop.cause.seq !== null;
    const gaps = isLooked ? this.#gaps.next(engine.gaps()) : undefined;
    if (stop.changed.length + passing.length === 0 && gaps === undefined) return;
    const at = this.#stops;
    this.#stops += 1;
    const { instant, cause } = stop;
    this.#put(stopsList, at, { instant, seq: engine.state.seq, cause } satisfies RecordedStop);
    if (gaps !== undefined) this.#put(gapsList, at, gaps);
    for (const record of stop.changed) this.#takeFindings(record, at);
    for (const { pair, recorded } of passing) {
      this.#put(pairList('passing', pair), at, recorded);
      for (const end of new Set([pair.from, pair.to])) this.#list('passing', end, pair);
    }
  }

  /** A batch that the engine has followed. */
  follow(batch: FoldedBatch, state: IsolationState): void {
    const { entries, last, recordedAt } = batch;
    this.#last = { seq: last, recordedAt };
    const first = entries[0]?.seq ?? last;
    this.#batches += 1;
    this.#put(batchesList, last, [first, recordedAt, this.#batches] satisfies RecordedBatch);
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
    this.#written = writtenOf(state);
    for (const entry of entries) {
      const tenant = policyTenant(entry);
      if (tenant === undefined) continue;
      this.#put(policyList(tenant), entry.seq, 0);
      this.#takeBounds(tenant, entry);
    }
  }

  /** Of policies without time bounds, only those are written down that come after one with some. */
  #takeBounds(tenant: string, entry: Entry): void {
    const { egress, ingress } = entry.type === 'PolicyEnacted' ? entry.data.policy : withoutRules;
    const bounds = [...egress, ...ingress].flatMap(boundsOf);
    if (bounds.length === 0 && !this.#bounded.delete(tenant)) return;
    if (bounds.length > 0) this.#bounded.add(tenant);
    this.#put(boundsList, entry.seq, [tenant, bounds] satisfies RecordedBounds);
  }

  #takeFindings(record: PairRecord, at: number): void {
    const { from, to, findings } = record;
    const before = this.#openedOf(record);
    const kinds = findingsFor(record, () => true).map(({ kind }) => kind);
    const opened = Object.fromEntries(kinds.map((kind) => [kind, before[kind] ?? at]));
    this.#opened.set(record, opened);
    this.#put(pairList('found', { from, to }), at, { findings, opened } satisfies RecordedFindings);
    const ends = findings.flatMap(({ former }) => (former === undefined ? [] : [former.from, former.to]));
    for (const end of new Set([from, to, ...ends])) this.#list('found', end, { from, to });
  }

  /** What passes of a pair, if that is other than before. */
  #passingOf(
    { from, to }: Pair,
    engine: Engine,
  ): { readonly pair: Pair; readonly recorded: RecordedPassing } | undefined {
    const pair = { from, to };
    const passing = engine.passing(pair);
    const now = passingOf(passing, from === to ? undefined : engine.connected(pair));
    const text = passingText(now);
    const before = this.#passedOf(pair);
    if (text === before) return undefined;
    this.#passed.set(pair, text);
    return { pair, recorded: { ...now, ...evidenceOf(passing, before) } };
  }

  /** Lists a pair among those of an end, once. */
  #list(kind: PairKind, end: string, { from, to }: Pair): void {
    const list = pairsOfList(kind, end);
    const known = this.#listed.get(list.name) ?? this.#formerPairs(list);
    const pair = `${from} ${to}`;
    if (known.has(pair)) return;
    this.#put(list, known.size, { from, to });
    this.#listed.set(list.name, known.add(pair));
  }

  #takeNames(before: NonNullable<Stop['documents']>, { documents, seq }: IsolationState): void {
    for (const name of namesTouched(before, documents)) {
      const isThere = isNamed(name, documents);
      const wasThere = this.#named.get(name) ?? this.#former?.lastIn(nameList(name))?.body === 'true';
      if (wasThere === isThere) continue;
      this.#named.set(name, isThere);
      this.#put(nameList(name), seq, isThere);
    }
  }

  #openedOf({ from, to }: Pair): RecordedFindings['opened'] {
    const known = this.#opened.get({ from, to });
    if (known !== undefined) return known;
    const former = this.#former?.lastIn(pairList('found', { from, to }));
    return former === undefined ? {} : recordedFindings.parse(JSON.parse(former.body)).opened;
  }

  #passedOf(pair: Pair): string {
    const known = this.#passed.get(pair);
    if (known !== undefined) return known;
    const former = this.#former?.lastIn(pairList('passing', pair));
    return passingText(former === undefined ? nothingPasses : recordedPassing.parse(JSON.parse(former.body)));
  }

  #formerPairs(list: ListName): Set<string> {
    const items = this.#former?.between(list, -1, Number.MAX_SAFE_INTEGER) ?? [];
    return new Set(
      items.map(({ body }) => {
        const { from, to } = recordedPair.parse(JSON.parse(body));
        return `${from} ${to}`;
      }),
    );
  }

  #put(list: ListName, at: number, body: unknown): void {
    this.#lists.append(list, { at, body: JSON.stringify(body) });
  }
}

const withoutRules = { egress: [], ingress: [] } as const satisfies Pick<Policy, 'egress' | 'ingress'>;

/** The tenant whose policy an entry concerns. */
function policyTenant(entry: Entry): string | undefined {
  if (entry.type === 'PolicyEnacted') return entry.data.policy.tenant;
  return entry.type === 'PolicyRevoked' || entry.type === 'TenantRetired' ? entry.data.tenant : undefined;
}

function writtenOf(state: IsolationState | undefined): {
  readonly drifts: number;
  readonly takenBack: number;
  readonly vouched: number;
} {
  const { foundDrifts = [], takenBack = [], vouched = [] } = state?.hosts ?? {};
  return { drifts: foundDrifts.length, takenBack: takenBack.length, vouched: vouched.length };
}
