import type { Wanted } from '../../projections/isolation/judging/contacts.ts';
import { findingKey, isViolation, type Finding } from '../../projections/isolation/judging/findings.ts';
import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import type { Vouched } from '../../projections/isolation/hosts/vouches.ts';
import { judgeKnown, verdictGaps, type Lane } from '../../projections/isolation/judging/lanes.ts';
import { reachOf, type ReachStretch } from '../../projections/isolation/judging/reach.ts';
import type { Cause } from '../../projections/isolation/history/timeline.ts';
import { Engine } from '../../projections/isolation/engine/engine.ts';
import { Openings } from '../../projections/isolation/history/openings.ts';
import { WindowSearch } from '../../projections/isolation/history/window-search.ts';
import type { LedgerReader } from '../ledger/port.ts';
import { endFilter, type EndFilter } from './ends.ts';
import type { Instant } from '../ledger/instants.ts';
import { scopeOf, type ReportScope } from './interval.ts';
import {
  foldAt,
  replayUntil,
  type AskersClock,
  type Folded,
  type FoldListeners,
  type Moment,
} from './fold.ts';

/** The lane and the pairs that are asked about. */
export interface Subject {
  readonly lane: Lane;
  /** A tenant, `tenant/segment` or external: the answer is about its pairs only. */
  readonly tenant?: string | undefined;
  /** Likewise, the other end. With both, the answer says whether the tenant can reach the peer. */
  readonly peer?: string | undefined;
}

export interface VerifyQuestion extends Subject, Pick<FoldListeners, 'onBatch' | 'onUnfinished'> {
  readonly at: Instant;
  readonly clock: AskersClock;
  /** On the applied lane: findings of kind `missing` are not looked for. No verdict rests on them. */
  readonly excessOnly?: boolean;
}

export type Verdict = 'proven' | 'violated' | 'unknown';

/** The causes that began and ended a finding. `closedBy` is null if it lasts at the end of the time asked about. */
export interface FindingWindow {
  readonly openedBy: Cause;
  readonly closedBy: Cause | null;
}

/** A gap; over an interval, from when it was first open until it was gone for good. */
export interface ReportedGap extends Gap {
  readonly from?: string;
  readonly to?: string;
}

/** A person's word on which an answer rests, as its JSON has it. */
export interface VouchedHost extends Pick<Vouched, 'shard' | 'host' | 'seq' | 'by'> {
  readonly reason: string | null;
  /** The entry by which the word was taken back; null while it stands. */
  readonly until: number | null;
}

/** The answer of the `verify` command, as its JSON has it. */
export interface Report {
  readonly formatVersion: 1;
  readonly verdict: Verdict;
  readonly lane: Lane;
  readonly scope: ReportScope;
  readonly findings: readonly (Finding & { readonly window: FindingWindow })[];
  readonly gaps: readonly ReportedGap[];
  /** On the applied lane: hosts that are taken to hold nothing on a person's word, which nobody can check. */
  readonly vouched: readonly VouchedHost[];
  /** With both ends given, the reach from the tenant asked about to its peer. */
  readonly reach?: readonly ReachStretch[];
  /** Likewise, the reach from the peer to the tenant asked about. */
  readonly reachBack?: readonly ReachStretch[];
}

/**
 * Judges isolation at an instant. Throws NoSuchInstant, UnknownEnd, VerifierDisagrees, and the errors of reading a
 * ledger.
 */
export async function verify(ledger: LedgerReader, question: VerifyQuestion): Promise<Report> {
  const { lane, excessOnly } = question;
  const folded = await foldAt(ledger, question.at, question.clock, question);
  const { state, moment, known } = folded;
  const ends = {
    isTenant: await endFilter(question.tenant, ledger, folded),
    isPeer: await endFilter(question.peer, ledger, folded),
  };
  const asked = { state, instant: moment.time, wanted: wantedBy(question, ends), excessOnly };
  const findings = judgeKnown(lane, asked, known);
  const gaps = verdictGaps(lane, { ...asked, findings }, known);
  const openings = await openingsOf(ledger, { findings, lane, at: moment, known });
  return {
    formatVersion: 1,
    verdict: verdictOf(findings, gaps),
    lane,
    scope: scopeOf({ from: moment, to: moment }),
    findings: findings.map((finding) => ({
      ...finding,
      window: { openedBy: openingIn(openings, finding), closedBy: null },
    })),
    gaps,
    vouched: vouchedIn(lane, { vouched: state.hosts.vouched, from: moment }),
    ...reachIn(question, { ends, state, moment, findings, gaps }),
  };
}

/** The words that stood at some instant from the given one to that at which all words are these. */
export function vouchedIn(
  lane: Lane,
  { vouched, from }: { readonly vouched: readonly Vouched[]; readonly from: Moment },
): VouchedHost[] {
  if (lane === 'intended') return [];
  return vouched
    .filter(({ until }) => until === undefined || until > from.seq)
    .map(({ shard, host, seq, by, reason = null, until = null }) => ({
      shard,
      host,
      seq,
      by,
      reason,
      until,
    }));
}

export function verdictOf(findings: readonly Pick<Finding, 'kind'>[], gaps: readonly Gap[]): Verdict {
  if (findings.some(({ kind }) => isViolation(kind))) return 'violated';
  return gaps.length > 0 ? 'unknown' : 'proven';
}

interface Ends {
  readonly isTenant: EndFilter;
  readonly isPeer: EndFilter;
}

/** The pairs with the tenant asked about at either end, and its peer at the other. */
export function wantedBy({ tenant, peer }: Subject, { isTenant, isPeer }: Ends): Wanted {
  return {
    end: (end) => tenant === undefined || peer === undefined || isTenant(end) || isPeer(end),
    pair: ({ from, to }) => (isTenant(from) && isPeer(to)) || (isPeer(from) && isTenant(to)),
  };
}

/** The pairs from the tenant asked about to its peer, and the pairs back. */
export function bothWays({ isTenant, isPeer }: Ends): { readonly there: Wanted; readonly back: Wanted } {
  const end = (one: Parameters<EndFilter>[0]): boolean => isTenant(one) || isPeer(one);
  return {
    there: { end, pair: ({ from, to }) => isTenant(from) && isPeer(to) },
    back: { end, pair: ({ from, to }) => isPeer(from) && isTenant(to) },
  };
}

/** Findings at a moment, and what the whole ledger tells. */
interface AskedAgain extends Pick<Folded, 'known'> {
  readonly findings: readonly Finding[];
  readonly lane: Lane;
  readonly at: Moment;
}

/** By findingKey, the cause that began a finding. Reads the ledger again. */
export async function openingsOf(
  ledger: LedgerReader,
  asked: AskedAgain,
): Promise<ReadonlyMap<string, Cause>> {
  const openings = new Map<string, Cause>();
  if (asked.findings.length === 0) return openings;
  let last = (await batchesUntil(ledger, asked.at.seq)) - 1;
  let { findings } = asked;
  // Most findings began lately, and judging costs more than reading: the last batches come first, then those before.
  for (let count = fewBatches; findings.length > 0; count *= 4) {
    const first = Math.max(last - count, 0);
    const found = await openingsAmong(ledger, { ...asked, findings }, { first, last });
    for (const [key, cause] of found) openings.set(key, cause);
    findings = findings.filter((finding) => !openings.has(findingKey(finding)));
    if (first === 0) break;
    last = first;
    if (count > fewBatches && asked.known.clockAhead === undefined) {
      for (const [key, cause] of await openingsSoFar(ledger, { ...asked, findings }))
        openings.set(key, cause);
      break;
    }
  }
  return openings;
}

/** The openings of findings by an engine that follows the whole ledger up to them. */
async function openingsSoFar(
  ledger: LedgerReader,
  { findings, lane, at }: AskedAgain,
): Promise<ReadonlyMap<string, Cause>> {
  const since = new Openings();
  const engine = new Engine(lane, (stop) => {
    since.take(stop);
  });
  await replayUntil(ledger, { kind: 'seq', seq: at.seq }, (batch) => {
    engine.follow(batch);
  });
  engine.passTime(at.time, { including: true });
  const openings = new Map<string, Cause>();
  for (const finding of findings) {
    const cause = since.of(finding);
    if (cause !== undefined) openings.set(findingKey(finding), cause);
  }
  return openings;
}

/** So many batches are looked through first. */
const fewBatches = 4;

async function batchesUntil(ledger: LedgerReader, seq: number): Promise<number> {
  let count = 0;
  await replayUntil(ledger, { kind: 'seq', seq }, () => {
    count += 1;
  });
  return count;
}

/** The openings among some batches, by their numbers, of findings that are there at the last of them, or at its end. */
async function openingsAmong(
  ledger: LedgerReader,
  { findings, lane, at, known }: AskedAgain,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<ReadonlyMap<string, Cause>> {
  const search = new WindowSearch(findings, lane, known.clockAhead?.now);
  let number = 0;
  let until = at.time;
  await replayUntil(ledger, { kind: 'seq', seq: at.seq }, (batch) => {
    if (number < first) search.skip(batch);
    else if (number === first && first > 0) search.begin(batch);
    else if (number <= last) search.follow(batch);
    // Only the last batches of all are followed by time up to the instant asked about.
    if (number === last) until = batch.recordedAt;
    number += 1;
  });
  return search.openingsAt(number === last + 1 ? at.time : until);
}

export function openingIn(openings: ReadonlyMap<string, Cause>, finding: Finding): Cause {
  const openedBy = openings.get(findingKey(finding));
  if (openedBy === undefined) throw new Error(`a finding is gone on second sight: ${findingKey(finding)}`);
  return openedBy;
}

function reachIn(
  { tenant, peer, lane }: VerifyQuestion,
  at: Pick<Folded, 'state' | 'moment'> & {
    readonly ends: Ends;
    readonly findings: readonly Finding[];
    readonly gaps: readonly Gap[];
  },
): Pick<Report, 'reach' | 'reachBack'> {
  if (tenant === undefined || peer === undefined) return {};
  const { time } = at.moment;
  const { there, back } = bothWays(at.ends);
  const reachBy = (wanted: Wanted): ReachStretch[] => [
    { from: time, to: time, reach: reachOf(lane, { state: at.state, instant: time, wanted }, at) },
  ];
  return { reach: reachBy(there), reachBack: reachBy(back) };
}
