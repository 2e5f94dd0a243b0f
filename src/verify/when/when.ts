import { everything } from '../../../projections/isolation/header-sets/traffic.ts';
import type { Witness } from '../../../projections/isolation/judging/findings.ts';
import { PortHolders } from '../../../projections/isolation/history/port-holders.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { ReachStretch } from '../../../projections/isolation/judging/reach.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { bothWays, vouchedIn, type Report, type VouchedHost } from '../verify.ts';
import { filterByName } from '../ends.ts';
import { parseTraffic } from '../explain/asked.ts';
import type { AskersClock } from '../fold.ts';
import { followInterval } from '../follow-interval.ts';
import { intervalOf, scopeOf, type IntervalEnds } from '../interval.ts';
import { trafficRows, type TrafficRow } from '../traffic-rows.ts';
import type { ReachStanding } from '../../../projections/isolation/judging/passing.ts';
import { fromHistory, type AnsweredInterval, type KeptHistory } from '../history/kept-history.ts';
import { PassingWalk } from '../history/passing-walk.ts';
import { EvidenceNotKept } from '../history/recorded-passing.ts';
import { ToldByEntries } from '../history/told-by-entries.ts';
import type { Passed, PassedQuestion } from './passed.ts';
import { ReachEngine } from './reach-engine.ts';
import { ReachWalk } from './reach-walk.ts';
import type { AuthorisingRule, WindowCause } from './window-causes.ts';

/** The two ends: a tenant, `tenant/segment` or external each. */
interface Between {
  readonly source: string;
  readonly target: string;
  /** PROTO/PORT as in `explain`; undefined for all traffic. */
  readonly traffic?: string | undefined;
}

export interface WhenQuestion extends IntervalEnds, Between {
  readonly lane: Lane;
  readonly clock: AskersClock;
  /** What is kept of earlier answers of `verify`, from which this one is taken where it can; then no batch is read. */
  readonly history?: KeptHistory | undefined;
  /** Called once for each batch, with the number of entries looked at so far, and of all entries to look at. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** A stretch of time in which traffic got from one end to another, as the JSON of `when` has it. */
export interface ReachWindow extends Pair {
  readonly standing: ReachStanding;
  readonly traffic: readonly TrafficRow[];
  /** The instants of the two causes: half-open. `until` is null if it lasts at the end of the time asked about. */
  readonly since: string;
  readonly until: string | null;
  readonly openedBy: WindowCause;
  readonly closedBy: WindowCause | null;
  /** The rules that authorised it, at any instant of it; none within a segment, or a tenant that lets its segments talk. */
  readonly rules: readonly AuthorisingRule[];
  /** One packet of what is not authorised; null for what is. */
  readonly witness: Witness | null;
  /** Ids of acls and keys of bindings that let the witness through. */
  readonly objects: readonly string[];
  /** As in a finding of `verify`. */
  readonly former?: Pair;
}

/** The answer of the `when` command, as its JSON has it. */
export interface WhenReport extends Pick<Report, 'verdict' | 'lane' | 'scope' | 'gaps' | 'vouched'> {
  readonly formatVersion: 1;
  readonly question: { readonly from: string; readonly to: string; readonly traffic: string | null };
  /** In the order in which they opened. */
  readonly windows: readonly ReachWindow[];
  /** As in `verify`, of the traffic asked about. */
  readonly reach: readonly ReachStretch[];
  /** The stretches in which a gap was open: what the windows say of them may be incomplete. */
  readonly unknown: readonly { readonly from: string; readonly to: string }[];
  readonly vouched: readonly VouchedHost[];
}

/**
 * Every window of an interval in which one end could reach another, by what, and whether that was authorised. Throws IntervalReversed,
 * NoSuchInstant, NotTraffic, UnknownEnd for a name that nobody has at any instant of it, VerifierDisagrees, and the errors of
 * reading a ledger.
 */
export async function when(ledger: LedgerReader, question: WhenQuestion): Promise<WhenReport> {
  const { lane, source, target, traffic, history } = question;
  const asked = traffic === undefined ? everything : parseTraffic(traffic);
  const { there } = bothWays({ isTenant: filterByName(source), isPeer: filterByName(target) });
  const of: AskedTraffic = { lane, wanted: there, traffic: asked };
  const kept = history && (await byHistory(ledger, { ...question, history }, of));
  const { interval, answer, vouched } = kept ?? (await followed(ledger, question, of));
  const { windows, gaps, reach } = answer;
  return {
    formatVersion: 1,
    verdict: verdictOf(windows, gaps),
    question: { from: source, to: target, traffic: traffic ?? null },
    lane,
    scope: scopeOf(interval),
    windows: windows.map(reported).sort(byOpening),
    reach,
    unknown: joined(gaps),
    gaps,
    vouched: vouchedIn(lane, { vouched, from: interval.from }),
  };
}

type AskedTraffic = Pick<PassedQuestion, 'lane' | 'wanted' | 'traffic'>;

/** What is kept of earlier answers says; undefined where that is not enough. */
async function byHistory(
  ledger: LedgerReader,
  { source, target, ...question }: WhenQuestion & { readonly history: KeptHistory },
  asked: AskedTraffic,
): Promise<AnsweredInterval<Passed> | undefined> {
  const names = [source, target];
  try {
    return await fromHistory(ledger, { ...question, names }, async (index, interval) => {
      const of = { ...asked, interval, known: interval.known };
      const passed = new PassingWalk(index, of, names).answer();
      return { ...passed, windows: await new ToldByEntries(index, ledger).windowsOf(passed) };
    });
  } catch (error) {
    if (error instanceof EvidenceNotKept) return undefined;
    throw error;
  }
}

/** Follows the whole ledger, and judges what concerns the two ends. */
async function followed(
  ledger: LedgerReader,
  question: WhenQuestion,
  asked: AskedTraffic,
): Promise<AnsweredInterval<Passed>> {
  const holders = new PortHolders();
  const interval = await intervalOf(ledger, question, question.clock, (batch) => {
    holders.follow(batch);
  });
  const { known } = interval;
  const of = { ...asked, interval, known };
  // Of a ledger ahead of the asker's clock no time is certain: then all is looked at for each of the times that it may be.
  const judge = known.clockAhead === undefined ? new ReachEngine(of, holders) : new ReachWalk(of);
  const { source, target, onProgress } = question;
  const answer = await followInterval(ledger, judge, { interval, names: [source, target], onProgress });
  return { interval, answer, vouched: judge.state.hosts.vouched };
}

/** As in `verify`: what is revoked and still in time is no violation. */
function verdictOf(windows: Passed['windows'], gaps: Passed['gaps']): Report['verdict'] {
  if (windows.some(({ standing }) => standing === 'isolation' || standing === 'airgap')) return 'violated';
  return gaps.length > 0 ? 'unknown' : 'proven';
}

function reported({
  from,
  to,
  standing,
  traffic,
  openedBy,
  closedBy,
  ...of
}: Passed['windows'][number]): ReachWindow {
  const { witness = null, objects = [], former } = of.evidence ?? {};
  return {
    ...{ from, to, standing, traffic: trafficRows(traffic) },
    ...{ since: openedBy.time, until: closedBy?.time ?? null, openedBy, closedBy },
    rules: Array.from(of.rules.values(), ({ rule }) => rule),
    ...{ witness, objects },
    ...(former === undefined ? {} : { former }),
  };
}

/** By time, then by entry, then by pair; the clock alone comes before the entries of its millisecond. */
function byOpening(one: ReachWindow, other: ReachWindow): number {
  if (one.since !== other.since) return one.since < other.since ? -1 : 1;
  const bySeq = (one.openedBy.seq ?? -1) - (other.openedBy.seq ?? -1);
  if (bySeq !== 0) return bySeq;
  return Number(pairKey(one) > pairKey(other)) - Number(pairKey(one) < pairKey(other));
}

/** The stretches in which at least one gap was open, in order. */
function joined(gaps: Passed['gaps']): { from: string; to: string }[] {
  const stretches: { from: string; to: string }[] = [];
  for (const { from, to } of gaps.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = stretches.at(-1);
    if (last === undefined || last.to < from) stretches.push({ from, to });
    else if (last.to < to) last.to = to;
  }
  return stretches;
}
