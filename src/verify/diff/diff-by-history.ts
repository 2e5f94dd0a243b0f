import { decodeEntry } from '../../../events/codec/decode.ts';
import type { Entry } from '../../../events/entry.ts';
import type { Policy } from '../../../events/estate.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { nothing } from '../../../projections/isolation/header-sets/traffic.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import type { Instant } from '../../ledger/instants.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { IntervalReversed } from '../faults.ts';
import type { AskersClock, Moment } from '../fold.ts';
import { connectedAt } from '../history/connected-at.ts';
import type { HistoryIndex } from '../history/history-index.ts';
import { intervalIn } from '../history/indexed-interval.ts';
import { fromHistory, type KeptHistory } from '../history/kept-history.ts';
import { pairList } from '../history/names.ts';
import type { RecordedStop } from '../history/recorded-forms.ts';
import { connectedBy, recordedPassing } from '../history/recorded-passing.ts';
import { effectOf, recordOf, rulesBoundAt, type ChangeCause, type Effect } from './causes.ts';
import type { Difference, DiffQuestion } from './difference.ts';
import { gainedIn, pairsIn, type Connected, type PairTraffic } from './lane-traffic.ts';

type AskedDiff = DiffQuestion & { readonly history: KeptHistory };

/**
 * As `diff`, by what is kept of answers of `verify` about the lane and about the intended one. Undefined where one of these is not kept.
 * Beside that, only the entries of causes are read. Throws NoSuchInstant, and the errors of reading a ledger.
 */
export async function diffByHistory(
  ledger: LedgerReader,
  question: AskedDiff,
): Promise<Omit<Difference, 'formatVersion'> | undefined> {
  try {
    return await inOrder(ledger, question);
  } catch (error) {
    if (!(error instanceof IntervalReversed)) throw error;
  }
  const found = await inOrder(ledger, { ...question, from: question.to, to: question.from });
  if (found === undefined) return undefined;
  const { from: to, to: from, gained: lost, lost: gained, gaps } = found;
  return { ...found, from, to, gained, lost, gaps: { from: gaps.to, to: gaps.from } };
}

/** Given that the second instant is the later one; else IntervalReversed is thrown. */
async function inOrder(
  ledger: LedgerReader,
  question: AskedDiff,
): Promise<Omit<Difference, 'formatVersion'> | undefined> {
  const { lane, history, clock, from, to } = question;
  const asked = { history, clock, from, to, names: [] };
  const kept = await fromHistory(ledger, { ...asked, lane }, async (index, ends) => {
    const [had, has] = [lookAt(index, from, question), lookAt(index, to, question)];
    if (had === undefined || has === undefined) return undefined;
    const [gained, lost] = [gainedIn(has.traffic, had.traffic), gainedIn(had.traffic, has.traffic)];
    const pairs = pairsIn([...gained, ...lost]);
    const ofLane = changesIn(index, { lane, pairs, ends });
    // A change is told before what it did at hosts.
    const ofIntended =
      lane === 'intended' || pairs.length === 0
        ? { answer: [] }
        : await fromHistory(ledger, { ...asked, lane: 'intended' }, (intended) =>
            changesIn(intended, { lane: 'intended', pairs, ends }),
          );
    if (ofIntended === undefined) return undefined;
    const causes = await causesOf(ledger, { index, changes: [...ofIntended.answer, ...ofLane] });
    return { had, has, gained, lost, causes, ...passedBetween(index, ends) };
  });
  if (kept?.answer === undefined) return undefined;
  const { had, has, gained, lost, causes: batches, between, boundsBetween } = kept.answer;
  return {
    ...{ from: had.moment, to: has.moment, lane, gained, lost, batches, between, boundsBetween },
    gaps: { from: had.gaps, to: has.gaps },
  };
}

/** The connections of an instant, and what is not known of it; undefined where the index does not tell. */
function lookAt(
  index: HistoryIndex,
  at: Instant,
  { lane, clock }: { readonly lane: Lane; readonly clock: AskersClock },
): { moment: Moment; traffic: PairTraffic; gaps: Difference['gaps']['from'] } | undefined {
  const interval = intervalIn(index, { from: at, to: at }, clock);
  if (interval === undefined) return undefined;
  const question = { lane, wanted: allPairs, interval, known: interval.known };
  const { pairs, gaps } = connectedAt(index, question, []);
  return {
    moment: interval.from,
    traffic: new Map(pairs.map((pair) => [pairKey(pair), pair])),
    gaps,
  };
}

interface TwoMoments {
  readonly from: Moment;
  readonly to: Moment;
}

/** What came and went of some pairs, and the stop at which it did. */
interface LaneChange {
  readonly stop: RecordedStop;
  readonly effect: Effect;
}

/** All changes of some pairs between two instants, by the index of a lane. */
function changesIn(
  index: HistoryIndex,
  { lane, pairs, ends }: { readonly lane: Lane; readonly pairs: readonly Pair[]; readonly ends: TwoMoments },
): LaneChange[] {
  const [first, last] = [index.lastStopAt(ends.from), index.lastStopAt(ends.to)];
  const changed = new Map<number, { before: Map<string, Connected>; after: Map<string, Connected> }>();
  for (const pair of pairs) {
    const list = index.list(pairList('passing', pair));
    if (list === undefined) continue;
    const { before, items } = index.lists.stretch(list, first, last);
    let traffic = before === undefined ? nothing : trafficIn(before.body);
    for (const { at, body } of items) {
      const stop = changed.get(at) ?? { before: new Map(), after: new Map() };
      changed.set(at, stop);
      stop.before.set(pairKey(pair), { ...pair, traffic });
      traffic = trafficIn(body);
      stop.after.set(pairKey(pair), { ...pair, traffic });
    }
  }
  return Array.from(changed, ([number, traffic]) => ({
    stop: index.stop(number),
    effect: effectOf(lane, traffic),
  })).flatMap(({ stop, effect }) => (effect === undefined ? [] : [{ stop, effect }]));
}

function trafficIn(body: string): Connected['traffic'] {
  return connectedBy(recordedPassing.parse(JSON.parse(body)));
}

/** Who did it, of each change, in the order in which they happened. */
async function causesOf(
  ledger: LedgerReader,
  { index, changes }: { readonly index: HistoryIndex; readonly changes: readonly LaneChange[] },
): Promise<readonly ChangeCause[]> {
  const causes: ChangeCause[] = [];
  for (const { stop, effect } of changes.toSorted((one, other) => inTime(one.stop, other.stop))) {
    const { instant: time, seq, cause } = stop;
    if (cause.seq === null) {
      const rules = rulesBoundAt(time, await policiesBoundAt(ledger, { index, stop }));
      causes.push({ kind: 'TimeBound', ...effect, time, rules });
      continue;
    }
    const batch = index.batchUpTo(seq);
    if (batch === undefined) throw new RangeError(`no batch ends with entry ${String(seq)}`);
    const entries = await entriesOf(ledger, batch);
    causes.push({ kind: 'batch', ...effect, ...recordOf({ ...batch, entries }) });
  }
  return causes;
}

/** By the entries that were there, then what a batch did before what time did after it. */
function inTime(one: RecordedStop, other: RecordedStop): number {
  if (one.seq !== other.seq) return one.seq - other.seq;
  const byClock = Number(one.cause.seq === null) - Number(other.cause.seq === null);
  if (byClock !== 0 || one.instant === other.instant) return byClock;
  return one.instant < other.instant ? -1 : 1;
}

/** The policies at a stop with a rule of which a time bound passes there. */
async function policiesBoundAt(
  ledger: LedgerReader,
  { index, stop }: { readonly index: HistoryIndex; readonly stop: RecordedStop },
): Promise<Policy[]> {
  const policies: Policy[] = [];
  for (const { seq, bounds } of index.boundedAt(stop.seq).values()) {
    if (!bounds.includes(stop.instant)) continue;
    const [entry] = await entriesOf(ledger, { first: seq, last: seq });
    if (entry?.type === 'PolicyEnacted') policies.push(entry.data.policy);
  }
  return policies;
}

async function entriesOf(
  ledger: LedgerReader,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const stored of ledger.read({ after: first - 1, to: last })) entries.push(decodeEntry(stored));
  return entries;
}

/** How many batches lie between two instants, and how many time bounds of rules that are in force at either. */
function passedBetween(
  index: HistoryIndex,
  { from, to }: TwoMoments,
): Pick<Difference, 'between' | 'boundsBetween'> {
  const numberOf = ({ seq }: Moment): number => index.batchUpTo(seq)?.number ?? 0;
  const bounds = [from, to].flatMap(({ seq }) =>
    Array.from(index.boundedAt(seq).values()).flatMap((policy) => policy.bounds),
  );
  const passed = bounds.filter((bound) => from.time < bound && bound <= to.time);
  return { between: numberOf(to) - numberOf(from), boundsBetween: new Set(passed).size };
}
