import type { IntervalAnswer, IntervalJudge, Moment } from '../../projections/isolation/history/interval.ts';
import type { Finding } from '../../projections/isolation/judging/findings.ts';
import { IntervalEngine } from '../../projections/isolation/history/interval-engine.ts';
import { IntervalScan } from '../../projections/isolation/history/interval-scan.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { filterByName } from './ends.ts';
import type { AskersClock, FoldListeners } from './fold.ts';
import { followInterval } from './follow-interval.ts';
import { intervalOf, scopeOf, type IntervalEnds, type LedgerInterval } from './interval.ts';
import {
  bothWays,
  openingIn,
  openingsOf,
  verdictOf,
  vouchedIn,
  wantedBy,
  type Report,
  type Subject,
} from './verify.ts';

export interface IntervalVerifyQuestion extends Subject, IntervalEnds, Pick<FoldListeners, 'onBatch'> {
  readonly clock: AskersClock;
  /** Called once for each batch, with the number of entries judged so far, and of all entries to judge. */
  readonly onProgress?: (done: number, of: number) => void;
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
  const { lane, tenant, peer } = question;
  const interval = await intervalOf(ledger, question, question.clock, question.onBatch);
  const { known } = interval;
  const { windows, gaps, vouched, reach, reachBack } = await judged(ledger, question, interval);
  const findings = await withCauses(windows, (at, sought) =>
    openingsOf(ledger, { findings: sought, lane, at, known }),
  );
  return {
    formatVersion: 1,
    verdict: verdictOf(findings, gaps),
    lane,
    scope: scopeOf(interval),
    findings,
    gaps,
    vouched,
    ...(tenant === undefined || peer === undefined ? {} : { reach, reachBack }),
  };
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

async function judged(
  ledger: LedgerReader,
  question: IntervalVerifyQuestion,
  interval: LedgerInterval,
): Promise<IntervalAnswer & Pick<Report, 'vouched'>> {
  const { lane, tenant, peer } = question;
  const { from, known } = interval;
  const ends = { isTenant: filterByName(tenant), isPeer: filterByName(peer) };
  const reach = tenant === undefined || peer === undefined ? undefined : bothWays(ends);
  const asked = { lane, interval, known, wanted: wantedBy(question, ends), reach };
  // Of a ledger ahead of the asker's clock no time is certain: then everything is judged at each of the times that it may be.
  const judge: IntervalJudge =
    known.clockAhead === undefined ? new IntervalEngine(asked) : new IntervalScan(asked);
  const answer = await followInterval(ledger, judge, {
    interval,
    names: [tenant, peer],
    onProgress: question.onProgress,
  });
  return { ...answer, vouched: vouchedIn(lane, { state: judge.state, from }) };
}
