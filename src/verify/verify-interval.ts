import type { IntervalAnswer, IntervalJudge } from '../../projections/isolation/history/interval.ts';
import { IntervalEngine } from '../../projections/isolation/history/interval-engine.ts';
import { IntervalScan } from '../../projections/isolation/history/interval-scan.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { filterByName, NamesSought } from './ends.ts';
import { replayUntil, type AskersClock, type FoldListeners } from './fold.ts';
import { intervalOf, type IntervalEnds, type LedgerInterval } from './interval.ts';
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
  const { from, to, known } = interval;
  const { windows, gaps, vouched, reach, reachBack } = await judged(ledger, question, interval);
  const before = windows.filter(({ openedBy }) => openedBy === undefined).map(({ item }) => item);
  const openings = await openingsOf(ledger, { findings: before, lane, at: from, known });
  const findings = windows.map(({ item, openedBy = openingIn(openings, item), closedBy }) => ({
    ...item,
    window: { openedBy, closedBy },
  }));
  return {
    formatVersion: 1,
    verdict: verdictOf(findings, gaps),
    lane,
    scope: { fromSeq: from.seq, toSeq: to.seq, from: from.time, to: to.time },
    findings,
    gaps,
    vouched,
    ...(tenant === undefined || peer === undefined ? {} : { reach, reachBack }),
  };
}

async function judged(
  ledger: LedgerReader,
  question: IntervalVerifyQuestion,
  interval: LedgerInterval,
): Promise<IntervalAnswer & Pick<Report, 'vouched'>> {
  const { lane, tenant, peer } = question;
  const { from, to, known } = interval;
  const ends = { isTenant: filterByName(tenant), isPeer: filterByName(peer) };
  const reach = tenant === undefined || peer === undefined ? undefined : bothWays(ends);
  const asked = { lane, interval, known, wanted: wantedBy(question, ends), reach };
  // Of a ledger ahead of the asker's clock no time is certain: then everything is judged at each of the times that it may be.
  const judge: IntervalJudge =
    known.clockAhead === undefined ? new IntervalEngine(asked) : new IntervalScan(asked);
  const names = new NamesSought([tenant, peer]);
  await replayUntil(ledger, { kind: 'seq', seq: to.seq }, (batch) => {
    if (batch.last > from.seq) names.lookIn(judge.state);
    judge.follow(batch);
    question.onProgress?.(batch.last + 1, to.seq + 1);
  });
  names.lookIn(judge.state);
  await names.requireFound(ledger, interval);
  return { ...judge.answer(), vouched: vouchedIn(lane, { state: judge.state, from }) };
}
