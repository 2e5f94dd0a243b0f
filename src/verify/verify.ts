import type { Wanted } from '../../projections/isolation/contacts.ts';
import { findingKey, isViolation, type Finding } from '../../projections/isolation/findings.ts';
import type { Gap } from '../../projections/isolation/host-states.ts';
import { gapsOf, judge, reaches, type Lane } from '../../projections/isolation/lanes.ts';
import type { IsolationState } from '../../projections/isolation/state.ts';
import { WindowSearch, type Opening } from '../../projections/isolation/windows.ts';
import type { Ledger } from '../ledger/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { endFilter } from './ends.ts';
import { foldAt, replayUntil, type At, type Moment } from './fold.ts';

export interface VerifyQuestion {
  readonly at: At;
  readonly lane: Lane;
  /** A tenant, `tenant/segment` or external: only what concerns it. */
  readonly tenant?: string | undefined;
  /** Likewise, the other end; with both, the answer says whether one can reach the other. */
  readonly peer?: string | undefined;
  readonly clock: Clock;
}

export type Verdict = 'proven' | 'violated' | 'unknown';

/** Since when a finding has been so; it has not ended at the instant asked about. */
export interface Window {
  readonly openedBy: Opening;
  readonly closedBy: null;
}

/** Whether packets may get from the tenant asked about to its peer, at `from` up to `to`. */
export interface Reach {
  readonly from: string;
  readonly to: string;
  readonly reach: 'none' | 'authorised' | 'unauthorised' | 'unknown';
}

/** The answer of the `verify` command, as its JSON has it. */
export interface Report {
  readonly formatVersion: 1;
  readonly verdict: Verdict;
  readonly lane: Lane;
  readonly scope: {
    readonly fromSeq: number;
    readonly toSeq: number;
    readonly from: string;
    readonly to: string;
  };
  readonly findings: readonly (Finding & { readonly window: Window })[];
  readonly gaps: readonly Gap[];
  readonly reach?: readonly Reach[];
}

/**
 * Judges isolation at an instant. Throws NoSuchInstant, UnknownEnd, VerifierDisagrees, and whatever reading a ledger
 * throws.
 */
export async function verify(ledger: Ledger, question: VerifyQuestion): Promise<Report> {
  const { lane } = question;
  const { state, moment } = await foldAt(ledger, question.at, question.clock);
  const asked = { state, instant: moment.time, wanted: wantedBy(question, state) };
  const findings = judge(lane, asked);
  const gaps = gapsOf(lane, asked);
  const openings = await openingsOf(ledger, { findings, lane, moment });
  return {
    formatVersion: 1,
    verdict: verdictOf(findings, gaps),
    lane,
    scope: { fromSeq: moment.seq, toSeq: moment.seq, from: moment.time, to: moment.time },
    findings: findings.map((finding) => ({ ...finding, window: windowOf(finding, openings) })),
    gaps,
    ...reachIn(question, { state, moment, findings, gaps }),
  };
}

function verdictOf(findings: readonly Finding[], gaps: readonly Gap[]): Verdict {
  if (findings.some(({ kind }) => isViolation(kind))) return 'violated';
  return gaps.length > 0 ? 'unknown' : 'proven';
}

/** The pairs with the tenant asked about at either end, and its peer at the other. */
function wantedBy({ tenant, peer }: VerifyQuestion, state: IsolationState): Wanted {
  const isTenant = endFilter(tenant, state);
  const isPeer = endFilter(peer, state);
  return {
    end: (end) => tenant === undefined || peer === undefined || isTenant(end) || isPeer(end),
    pair: ({ from, to }) => (isTenant(from) && isPeer(to)) || (isPeer(from) && isTenant(to)),
  };
}

/** Goes through the ledger once more, for the pairs with findings only. */
async function openingsOf(
  ledger: Ledger,
  { findings, lane, moment }: { findings: readonly Finding[]; lane: Lane; moment: Moment },
): Promise<ReadonlyMap<string, Opening>> {
  if (findings.length === 0) return new Map();
  const search = new WindowSearch(findings, lane);
  await replayUntil(ledger, { kind: 'seq', seq: moment.seq }, (batch) => {
    search.follow(batch);
  });
  return search.openingsAt(moment.time);
}

function windowOf(finding: Finding, openings: ReadonlyMap<string, Opening>): Window {
  const openedBy = openings.get(findingKey(finding));
  if (openedBy === undefined) throw new Error(`a finding is gone on second sight: ${findingKey(finding)}`);
  return { openedBy, closedBy: null };
}

/** With both ends given: whether the overlay, or what is authorised, lets the tenant open connections to its peer. */
function reachIn(
  { tenant, peer, lane }: VerifyQuestion,
  at: { state: IsolationState; moment: Moment; findings: readonly Finding[]; gaps: readonly Gap[] },
): Pick<Report, 'reach'> {
  if (tenant === undefined || peer === undefined) return {};
  const { state, moment, findings, gaps } = at;
  const isTenant = endFilter(tenant, state);
  const isPeer = endFilter(peer, state);
  const wanted: Wanted = {
    end: (end) => isTenant(end) || isPeer(end),
    pair: ({ from, to }) => isTenant(from) && isPeer(to),
  };
  const beyond = findings.some((finding) => wanted.pair(finding) && goesBeyond(finding));
  const reached = reaches(lane, { state, instant: moment.time, wanted });
  const certain = reached ? 'authorised' : 'none';
  const reach = beyond ? 'unauthorised' : gaps.length > 0 ? 'unknown' : certain;
  return { reach: [{ from: moment.time, to: moment.time, reach }] };
}

/** Whether something gets through that is not authorised now, late or still in time. */
function goesBeyond({ kind }: Finding): boolean {
  return kind === 'isolation' || kind === 'pending-revocation' || kind === 'airgap';
}
