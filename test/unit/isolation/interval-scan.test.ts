import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { Moment } from '../../../src/verify/fold.ts';
import type { Report, Subject } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { after, start, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { isAhead, scan, type Scan, type ScannedInterval } from './scan-interval.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

interface End {
  readonly at: Instant;
  readonly moment: Moment;
}

/** An entry, or a time from before the first entry until after now; sometimes between whole seconds. */
function randomEnd(history: History, dice: Dice): End {
  const ends = history.batches.map(({ last, recordedAt }) => ({ seq: last, time: recordedAt }));
  const [first = { seq: -1, time: start }, ...others] = ends;
  if (dice.chance(0.4)) {
    const moment = dice.pick(first, ...others);
    return { at: { kind: 'seq', seq: moment.seq }, moment };
  }
  const span = (Date.parse(history.now) - Date.parse(start)) / 1000;
  const instant = dice.chance(0.4)
    ? dice.pick(first, ...others).time
    : after(Math.floor((dice.below(span + 40) - 10) * 2) / 2);
  const seq = ends.findLast(({ time }) => time <= instant)?.seq ?? -1;
  return { at: { kind: 'time', instant }, moment: { seq, time: instant } };
}

/** Ends in order, and what lies between them by the definition: time, then entries. */
function randomInterval(
  history: History,
  dice: Dice,
): ScannedInterval & { readonly ends: readonly [Instant, Instant] } {
  const [one, other] = [randomEnd(history, dice), randomEnd(history, dice)];
  const [from, to] = isBefore(other.moment, one.moment) ? [other, one] : [one, other];
  const isEntry = to.at.kind === 'seq';
  const within = (point: Moment): boolean =>
    point === from.moment || (isEntry ? isBefore(point, to.moment) : point.time < to.moment.time);
  return { from: from.moment, to: to.moment, within, endsByTime: !isEntry, ends: [from.at, to.at] };
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time === other.time ? one.seq < other.seq : one.time < other.time;
}

/** Two ends that are there all the while; sometimes none. */
function randomPair(
  history: History,
  dice: Dice,
  { from, to }: ScannedInterval,
): Pick<Subject, 'tenant' | 'peer'> {
  const states = [from.seq, ...history.batches.map(({ last }) => last)]
    .filter((seq) => from.seq <= seq && seq <= to.seq)
    .map((seq) => history.stateAfter(history.batches.findIndex(({ last }) => last === seq)));
  const [first, ...others] = ['a', 'b', 'c', 'a/s', 'b/s', 'x', 'y'].filter((name) =>
    states.every(({ documents: { tenants, externals } }) => {
      const [tenant = '', segment] = name.split('/');
      const segments = tenants.get(tenant)?.segments;
      return segment === undefined ? tenants.has(name) || externals.has(name) : segments?.includes(segment);
    }),
  );
  if (first === undefined || dice.chance(0.3)) return {};
  return { tenant: dice.pick(first, ...others), peer: dice.pick(first, ...others) };
}

/** The answer in the scan's terms. */
function told({ verdict, findings, gaps, reach = [], reachBack = [] }: Report): Scan {
  return {
    verdict,
    findings: findings.map(({ window, ...finding }) => ({
      finding,
      since: window.openedBy.time,
      until: window.closedBy?.time ?? null,
    })),
    gaps: gaps.map(({ from, to, ...gap }) => ({ gap: JSON.stringify(gap), from, to })),
    reach,
    reachBack,
  };
}

function sorted({ findings, gaps, ...rest }: Scan): unknown {
  const inOrder = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();
  return { findings: inOrder(findings), gaps: inOrder(gaps), ...rest };
}

async function expectAsScanned(seed: number, lane: Lane): Promise<void> {
  const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
  const { history } = randomTale(dice);
  const ledger = ledgerOf(history);
  const { ends, ...interval } = randomInterval(history, dice);
  const subject: Subject = { lane, ...randomPair(history, dice, interval) };
  const [from, to] = ends;
  // The clock of whoever asks may be far behind.
  const now = dice.chance(0.3) ? after(-70 + Math.floor(dice.below(90))) : history.now;
  const report = await verifyInterval(ledger, { ...subject, from, to, clock: new ManualClock(now) });
  expect(report.scope).toEqual({
    fromSeq: interval.from.seq,
    toSeq: interval.to.seq,
    from: interval.from.time,
    to: interval.to.time,
  });
  const scanned = await scan({ history, ledger, now }, subject, interval);
  const compared = (all: Scan): Scan =>
    isAhead({ history, now }) ? { ...all, reach: [], reachBack: [] } : all;
  expect(sorted(compared(told(report)))).toEqual(sorted(compared(scanned)));
}

test('given random histories and intervals, the applied lane equals a scan of every batch end and second', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => expectAsScanned(seed, 'applied')),
    { numRuns: 12 * scale },
  );
});

/** `kind from to: opened - closed` */
function windowsOf({ findings }: Report): string[] {
  return findings.map((finding) => `${findingKey(finding)}: ${JSON.stringify(finding.window)}`);
}

test('given random histories and intervals, an answer about some ends has windows of the answer about everybody', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
      const { history } = randomTale(dice, 1 + Math.floor(dice.below(4)));
      const ledger = ledgerOf(history);
      const { ends, ...interval } = randomInterval(history, dice);
      const [from, to] = ends;
      const clock = new ManualClock(dice.chance(0.3) ? after(-70 + Math.floor(dice.below(90))) : history.now);
      const asked = { lane: 'applied', from, to, clock } as const;
      const everybody = windowsOf(await verifyInterval(ledger, asked));
      const some = await verifyInterval(ledger, { ...asked, ...randomPair(history, dice, interval) });
      expect(everybody).toEqual(expect.arrayContaining(windowsOf(some)));
    }),
    { numRuns: 20 * scale },
  );
});

test('given random histories and intervals, the intended lane equals a scan of every batch end and second', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => expectAsScanned(seed, 'intended')),
    { numRuns: 20 * scale },
  );
});
