import type {
  IntervalAnswer,
  IntervalQuestion,
  Moment,
} from '../../projections/isolation/history/interval.ts';
import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import type { Finding } from '../../projections/isolation/judging/findings.ts';
import { IntervalEngine } from '../../projections/isolation/history/interval-engine.ts';
import { IntervalScan } from '../../projections/isolation/history/interval-scan.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { replay } from '../ledger/replay.ts';
import { filterByName } from './ends.ts';
import type { AskersClock, FoldListeners } from './fold.ts';
import { followInterval } from './follow-interval.ts';
import { buildingOf, fromHistory, type AnsweredInterval, type KeptHistory } from './history/kept-history.ts';
import { HistoryWalk } from './history/history-walk.ts';
import { intervalOf, scopeOf, type IntervalEnds } from './interval.ts';
import {
  bothWays,
  openingIn,
  openingsOf,
  verdictOf,
  verify,
  vouchedIn,
  wantedBy,
  type Report,
  type Subject,
  type VerifyQuestion,
} from './verify.ts';

export interface IntervalVerifyQuestion extends Subject, IntervalEnds, Pick<FoldListeners, 'onBatch'> {
  readonly clock: AskersClock;
  /** Called once for each batch, with the number of entries judged so far, and of all entries to judge. */
  readonly onProgress?: (done: number, of: number) => void;
  /** What is kept of earlier answers, from which this one is taken where it can; then no batch is read. */
  readonly history?: KeptHistory | undefined;
}

/**
 * Judges isolation over an interval: it is as good as it was at its worst instant. Throws IntervalReversed,
 * NoSuchInstant, UnknownEnd for a name that nobody has at any instant of it, VerifierDisagrees, and the errors of
 * reading a ledger.
 */
export async function verifyInterval(
  ledger: LedgerReader,
  question: IntervalVerifyQuestion,
): Promise<Report> {
  const { history } = question;
  const kept = history && (await byHistory(ledger, { ...question, history }));
  return reportOf(ledger, question, kept ?? (await judged(ledger, question)));
}

/** As `verify`, from what is kept of earlier answers where it can be: then no batch is read but for whoever hears of them. */
export async function verifyAt(
  ledger: LedgerReader,
  question: VerifyQuestion & Pick<IntervalVerifyQuestion, 'history'>,
): Promise<Report> {
  const { at, history } = question;
  const asked = { ...question, from: at, to: at };
  const kept = history && (await byHistory(ledger, { ...asked, history }));
  if (kept === undefined) return verify(ledger, question);
  const { onBatch } = question;
  if (onBatch !== undefined) await replay(ledger, { onBatch });
  const report = await reportOf(ledger, asked, kept);
  return { ...report, gaps: report.gaps.map(gapOf) };
}

/** Of an instant, a gap has neither beginning nor end. */
function gapOf({ kind, about, problem }: Gap): Gap {
  return { kind, about, problem };
}

async function reportOf(
  ledger: LedgerReader,
  { lane, tenant, peer }: Subject,
  { interval, answer, vouched }: AnsweredInterval<IntervalAnswer>,
): Promise<Report> {
  const { windows, gaps, reach, reachBack } = answer;
  const findings = await withCauses(windows, (at, sought) =>
    openingsOf(ledger, { findings: sought, lane, at, known: interval.known }),
  );
  return {
    formatVersion: 1,
    verdict: verdictOf(findings, gaps),
    lane,
    scope: scopeOf(interval),
    findings,
    gaps,
    vouched: vouchedIn(lane, { vouched, from: interval.from }),
    ...(tenant === undefined || peer === undefined ? {} : { reach, reachBack }),
  };
}

function byHistory(
  ledger: LedgerReader,
  question: Subject & IntervalEnds & { readonly clock: AskersClock; readonly history: KeptHistory },
): Promise<AnsweredInterval<IntervalAnswer> | undefined> {
  const asked = askedBy(question);
  return fromHistory(ledger, { ...question, ...asked }, (index, interval) =>
    new HistoryWalk(index, { ...asked, interval, known: interval.known }).answer(),
  );
}

/** The pairs that are asked about. */
function askedBy(question: Subject): Pick<IntervalQuestion, 'lane' | 'wanted' | 'reach'> & {
  readonly names: readonly (string | undefined)[];
} {
  const { lane, tenant, peer } = question;
  const ends = { isTenant: filterByName(tenant), isPeer: filterByName(peer) };
  const reach = tenant === undefined || peer === undefined ? undefined : bothWays(ends);
  return { lane, wanted: wantedBy(question, ends), reach, names: [tenant, peer] };
}

/** Findings with their windows; where these may have begun before all that was looked at, the causes are looked for. */
async function withCauses(
  windows: IntervalAnswer['windows'],
  openingsAt: (moment: Moment, findings: readonly Finding[]) => Promise<CausesByKey>,
): Promise<Report['findings']> {
  const sought = windows.filter(({ openedBy }) => openedBy.cause === undefined);
  const found = new Map<string, CausesByKey>();
  for (const [key, together] of Map.groupBy(sought, ({ openedBy }) => keyOf(openedBy.toldAt))) {
    const findings = together.map(({ item }) => item);
    for (const { openedBy } of together.slice(0, 1))
      found.set(key, await openingsAt(openedBy.toldAt, findings));
  }
  return windows.map(({ item, openedBy: { cause, toldAt }, closedBy }) => {
    const openedBy = cause ?? openingIn(found.get(keyOf(toldAt)) ?? new Map(), item);
    return { ...item, window: { openedBy, closedBy } };
  });
}

type CausesByKey = Awaited<ReturnType<typeof openingsOf>>;

function keyOf({ seq, time }: Moment): string {
  return `${String(seq)} ${time}`;
}

/** Follows the whole ledger. What an engine comes to on its way is kept where it may be. */
async function judged(
  ledger: LedgerReader,
  question: IntervalVerifyQuestion,
): Promise<AnsweredInterval<IntervalAnswer>> {
  const interval = await intervalOf(ledger, question, question.clock, question.onBatch);
  const { onProgress, history } = question;
  const { names, ...about } = askedBy(question);
  const asked = { ...about, interval, known: interval.known };
  const follow = { interval, names, onProgress };
  // Of a ledger ahead of the asker's clock no time is certain: then everything is judged at each of the times that it may be.
  if (interval.known.clockAhead !== undefined) {
    const scan = new IntervalScan(asked);
    const answer = await followInterval(ledger, scan, follow);
    return { interval, answer, vouched: scan.state.hosts.vouched };
  }
  using building = history && buildingOf(ledger, { lane: about.lane, interval, history });
  const judge = new IntervalEngine(asked, building);
  const head = await ledger.head();
  const answer = await followInterval(ledger, judge, {
    ...follow,
    onEnd: (cursor) => building?.finish({ cursor, head, passed: interval.to.time, engine: judge.engine }),
  });
  return { interval, answer, vouched: judge.state.hosts.vouched };
}
