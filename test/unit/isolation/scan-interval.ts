import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import type { Reach, ReachStretch } from '../../../projections/isolation/judging/reach.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { Moment } from '../../../src/verify/fold.ts';
import { verify, type Report, type Subject } from '../../../src/verify/verify.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, type History } from './history.ts';

/** The answer at one point of an interval. */
interface Sample {
  readonly point: Moment;
  /** Whether the point belongs to the interval; the others, at its end, only show what has ended by then. */
  readonly within: boolean;
  readonly report: Report;
  /** The answer there about everybody. */
  readonly all: () => Promise<Report>;
}

/** A finding's stretch in one line: with the first packet and rules, since when, and until when (null: not ended). */
export interface Seen {
  readonly finding: unknown;
  readonly since: string;
  readonly until: string | null;
}

/** What a scan of every batch end and every whole second says about an interval. */
export interface Scan {
  readonly verdict: Report['verdict'];
  readonly findings: readonly Seen[];
  readonly gaps: readonly unknown[];
  /** Empty where it was not asked for. */
  readonly reach: readonly ReachStretch[];
  readonly reachBack: readonly ReachStretch[];
}

export interface ScannedInterval {
  readonly from: Moment;
  readonly to: Moment;
  readonly within: (point: Moment) => boolean;
  /** Whether its end was given as a time, and not as an entry. */
  readonly endsByTime: boolean;
}

/** A history as a ledger, and the clock of whoever asks. */
interface Scanned {
  readonly history: History;
  readonly ledger: Ledger;
  readonly now: string;
}

/**
 * Asks about one point after another, and joins what the answers say. Exact for histories in which everything happens
 * at whole seconds, limits included.
 */
export async function scan(
  { history, ledger, now }: Scanned,
  subject: Subject,
  interval: ScannedInterval,
): Promise<Scan> {
  const samples: Sample[] = [];
  for (const point of pointsOf({ history, now }, interval)) {
    const report = withoutUntimed(await answerAt({ history, ledger, now }, subject, point));
    const all = (): Promise<Report> => answerAt({ history, ledger, now }, { lane: subject.lane }, point);
    samples.push({ point, within: interval.within(point), report, all });
  }
  const inside = samples.filter(({ within }) => within).map(({ report }) => report);
  const untimed = untimedIn({ history, now }, interval);
  const verdicts = new Set(inside.map(({ verdict }) => verdict));
  if (untimed.length > 0) verdicts.add('unknown');
  const all = [...verdicts];
  return {
    verdict: all.find((each) => each === 'violated') ?? all.find((each) => each === 'unknown') ?? 'proven',
    findings: await stretchesIn(
      samples.filter(({ point }) => isToldOf(subject, point, lastKnown({ history, now }))),
    ),
    gaps: [...gapsIn(samples, interval.to.time), ...untimed],
    reach: reachIn(samples, interval.to.time, (report) => report.reach),
    reachBack: reachIn(samples, interval.to.time, (report) => report.reachBack),
  };
}

/**
 * `from`, and after it the end of every batch, every whole second, the first millisecond still to come and the first one
 * after the clock of whoever asks and after each sight of a host, in order, up to `to`.
 */
function pointsOf({ history, now }: Omit<Scanned, 'ledger'>, { from, to }: ScannedInterval): Moment[] {
  const points = [from];
  let time = from.time;
  const edges = [now, lastKnown({ history, now }), ...sightsIn(history)]
    .map((edge) => after(0.001, edge))
    .sort();
  const passTime = (until: string, seq: number): void => {
    for (;;) {
      const second = new Date(Math.floor(Date.parse(time) / 1000) * 1000 + 1000).toISOString();
      const next = edges.find((edge) => time < edge && edge < second) ?? second;
      if (next >= until) return;
      points.push({ seq, time: next });
      time = next;
    }
  };
  let { seq } = from;
  for (const { last, recordedAt } of history.batches) {
    if (last <= from.seq || last > to.seq) continue;
    passTime(recordedAt, seq);
    points.push({ seq: last, time: recordedAt });
    [seq, time] = [last, recordedAt];
  }
  passTime(to.time, seq);
  if (to.time > time) points.push({ seq, time: to.time });
  return points;
}

/** When whole hosts were seen, which may be before the entries that say so. */
function sightsIn({ batches }: History): string[] {
  return batches
    .flatMap(({ entries }) => entries)
    .flatMap((entry) =>
      entry.type === 'ChangeApplied' || entry.type === 'DriftCorrected' ? (entry.data.seenWhole ?? []) : [],
    );
}

/** The later of the clock of whoever asks and the last batch: what comes after is still to come. */
function lastKnown({ history, now }: Omit<Scanned, 'ledger'>): string {
  const last = history.batches.at(-1)?.recordedAt ?? now;
  return last > now ? last : now;
}

/**
 * An answer about one time leaves later entries out that may have been there by then. One about an interval may have them: so that
 * is added to an interval as a whole. What is reached then is compared only where the clock has come to the ledger.
 */
function withoutUntimed(report: Report): Report {
  const gaps = report.gaps.filter(({ problem }) => !problem.includes('which of them were there by then'));
  const isProven = report.verdict === 'unknown' && gaps.length === 0;
  return { ...report, gaps, verdict: isProven ? 'proven' : report.verdict };
}

/** Whether a history is more than a minute ahead of a clock. */
export function isAhead({ history, now }: { readonly history: History; readonly now: string }): boolean {
  const last = history.batches.at(-1);
  return last !== undefined && Date.parse(last.recordedAt) - Date.parse(now) > 60_000;
}

/** From the last entry on that the clock has come to, where entries after it are ahead of that clock and the interval leaves some out. */
function untimedIn(
  { history, now }: Omit<Scanned, 'ledger'>,
  interval: ScannedInterval,
): { readonly gap: string; readonly from: string; readonly to: string }[] {
  const { from, to, endsByTime } = interval;
  const last = history.batches.at(-1);
  if (last === undefined || !isAhead({ history, now }) || !endsByTime || to.seq >= last.last) return [];
  const timely = history.batches.findLast(({ recordedAt }) => recordedAt <= now);
  const since = timely === undefined ? from.time : after(0.001, timely.recordedAt);
  const begin = since > from.time ? since : from.time;
  if (begin > to.time || (begin === to.time && begin !== from.time)) return [];
  const first = String((timely?.last ?? -1) + 1);
  const problem = `the entries from seq ${first} on bear times ahead of the clock of whoever asks (${now}): which of them were there by then cannot be told`;
  const gap = JSON.stringify({ kind: 'clock', about: 'ledger', problem });
  return [{ gap, from: begin, to: to.time }];
}

/** Of hosts at a time to come nothing is told, so that nothing begins or ends there. */
function isToldOf({ lane }: Subject, { time }: Moment, until: string): boolean {
  return lane === 'intended' || time <= until;
}

/** As of the point's entry, at its time: several batches may have been recorded at one instant. */
function answerAt(
  { history, ledger, now }: Scanned,
  subject: Subject,
  { seq, time }: Moment,
): Promise<Report> {
  const isEnd = history.batches.some(({ last, recordedAt }) => last === seq && recordedAt === time);
  const at: Instant = isEnd ? { kind: 'seq', seq } : { kind: 'time', instant: time };
  return verify(ledger, { ...subject, at, clock: new ManualClock(now) });
}

/**
 * A window is the pair's: one that is told, since packets pass as those who are asked about, lasts for as long as its pair has a
 * finding of the kind, whoever they pass as.
 */
async function stretchesIn(samples: readonly Sample[]): Promise<Seen[]> {
  const done: Seen[] = [];
  const open = new Map<string, Seen>();
  for (const { point, within, report, all } of samples) {
    const keys = new Set(report.findings.map(findingKey));
    if ([...open.keys()].some((key) => !keys.has(key)))
      for (const finding of (await all()).findings) keys.add(findingKey(finding));
    for (const [key, seen] of open) {
      if (keys.has(key)) continue;
      done.push({ ...seen, until: point.time });
      open.delete(key);
    }
    if (!within) continue;
    for (const { window, ...finding } of report.findings) {
      const key = findingKey(finding);
      if (!open.has(key)) open.set(key, { finding, since: window.openedBy.time, until: null });
    }
  }
  return [...done, ...open.values()];
}

function gapsIn(samples: readonly Sample[], end: string): unknown[] {
  const within = samples.filter((sample) => sample.within);
  const texts = new Set(within.flatMap(({ report }) => report.gaps.map((gap) => JSON.stringify(gap))));
  return Array.from(texts).flatMap((text) => {
    const has = within.map(({ report }) => report.gaps.some((gap) => JSON.stringify(gap) === text));
    return within.flatMap(({ point }, index) => {
      if (has[index] !== true || has[index - 1] === true) return [];
      const gone = has.indexOf(false, index);
      return [{ gap: text, from: point.time, to: within[gone]?.point.time ?? end }];
    });
  });
}

function reachIn(
  samples: readonly Sample[],
  end: string,
  reachOf: (report: Report) => Report['reach'],
): ReachStretch[] {
  const byTime = new Map<string, Reach>();
  for (const { point, within, report } of samples) {
    const [reach] = reachOf(report) ?? [];
    if (within && reach !== undefined) byTime.set(point.time, reach.reach);
  }
  const steps = Array.from(byTime, ([from, reach]) => ({ from, reach }));
  const turns = steps.filter(({ reach }, index) => steps[index - 1]?.reach !== reach);
  return turns.map(({ from, reach }, index) => ({ from, to: turns[index + 1]?.from ?? end, reach }));
}
