import { describe, expect, test } from 'vitest';
import type { Cause } from '../../../projections/isolation/history/timeline.ts';
import { IntervalReversed, NoSuchInstant, UnknownEnd } from '../../../src/verify/faults.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import type { Report, Subject } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { bound, policy, tenant } from './documents.ts';
import { corrected, drift } from './drift.ts';
import { after, History, start } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut, hosts, leaking, objects } from './small-estate.ts';
import { altered, binding } from './wiring.ts';

interface Asked extends Partial<Subject> {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

function judged(history: History, asked: Asked = {}): Promise<Report> {
  const clock = new ManualClock(history.now);
  return verifyInterval(ledgerOf(history), { lane: 'applied', clock, ...asked });
}

/** Seconds after the start. */
const at = (seconds: number): Instant => ({ kind: 'time', instant: after(seconds) });
const seq = (number: number): Instant => ({ kind: 'seq', seq: number });

/** Gaps as `about: problem`, each with its window. */
function gapsIn({ gaps }: Report): (string | undefined)[][] {
  return gaps.map(({ about, problem, from, to }) => [`${about}: ${problem}`, from, to]);
}

/** Findings as `kind from to: since - until`. */
async function windows(history: History, asked: Asked = {}): Promise<string[]> {
  const { findings } = await judged(history, asked);
  return findings.map(
    ({ kind, from, to, window }) =>
      `${kind} ${from} ${to}: ${words(window.openedBy)} - ${words(window.closedBy)}`,
  );
}

/** `ChangePlanned@10`: the seconds since the start. */
function words(cause: Cause | null): string {
  if (cause === null) return 'lasts';
  return `${cause.type}@${String((Date.parse(cause.time) - Date.parse(start)) / 1000)}`;
}

/** The leak, mended after 40 seconds and there again after 60. */
function leakingTwice(): History {
  const history = leaking();
  const leak = history.planned();
  history.wait(10).plan(objects).acknowledge(hosts);
  return history.wait(20).plan(leak).acknowledge(hosts).wait(10);
}

describe('the verdict over an interval', () => {
  test('given a leak, holds up to the instant at which it came, which does not belong to the interval any more', async () => {
    expect(await judged(leaking(), { from: at(0), to: at(10) })).toEqual({
      formatVersion: 1,
      verdict: 'proven',
      lane: 'applied',
      scope: { fromSeq: 14, toSeq: 15, from: start, to: after(10) },
      findings: [],
      gaps: [],
      vouched: [],
    });
    expect((await judged(leaking(), { from: at(0), to: at(10.001) })).verdict).toBe('violated');
    expect((await judged(leaking(), { from: at(0), to: seq(15) })).verdict).toBe('proven');
    expect((await judged(leaking(), { from: at(0), to: seq(16) })).verdict).toBe('violated');
  });

  test('given drift, it is unknown from when the host was last seen right until it is put right', async () => {
    const history = carriedOut().wait(10).record(drift('hv-2'));
    history.wait(10).record(corrected('hv-2', objects)).wait(10);
    const pair = { tenant: 'a', peer: 'b' };
    const report = await judged(history, { from: at(5), to: at(30), ...pair });
    expect([report.verdict, gapsIn(report)]).toEqual([
      'unknown',
      [
        [
          `host/hv-2: was found at seq 15 (${after(10)}) to hold nothing instead of what it acknowledged, and was last seen right at seq 14 (${start})`,
          after(5),
          after(10),
        ],
        [
          'host/hv-2: was found to hold something else than it acknowledged, and was not put right yet',
          after(10),
          after(20),
        ],
      ],
    ]);
    expect(report.reach?.map(({ reach }) => reach)).toEqual(['unknown', 'authorised']);
    expect((await judged(history, { from: at(20), to: at(30) })).verdict).toBe('proven');
    expect((await judged(history, { from: at(5), to: at(30), lane: 'intended' })).verdict).toBe('proven');
  });

  test('given gaps, it is unknown, and each stretch of a gap is named, with when it was open', async () => {
    const doubtful = [...objects, binding('c/ghost', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'] })];
    const history = carriedOut().wait(10);
    history.plan(doubtful).acknowledge(hosts).wait(10).plan(objects).acknowledge(hosts).wait(10);
    history.plan(doubtful).acknowledge(hosts).wait(10).plan(objects).acknowledge(hosts).wait(10);
    const pair = { tenant: 'a', peer: 'b' };
    const { verdict, gaps, reach } = await judged(history, { from: at(5), to: at(50), ...pair });
    expect([verdict, gaps.map(({ about, from, to }) => [about, from, to])]).toEqual([
      'unknown',
      [
        ['hv-1/vm-ghost', after(10), after(20)],
        ['hv-1/vm-ghost', after(30), after(40)],
      ],
    ]);
    expect(reach?.map((one) => [one.reach, one.from, one.to])).toEqual([
      ['authorised', after(5), after(10)],
      ['unknown', after(10), after(20)],
      ['authorised', after(20), after(30)],
      ['unknown', after(30), after(40)],
      ['authorised', after(40), after(50)],
    ]);
    const still = await judged(history, { from: at(5), to: at(35) });
    expect(still.gaps.map(({ from, to }) => [from, to])).toEqual([
      [after(10), after(20)],
      [after(30), after(35)],
    ]);
    expect((await judged(history, { from: at(20), to: at(30) })).verdict).toBe('proven');
  });
});

describe('windows', () => {
  test('given something that came, went and came again, each stretch is a finding of its own', async () => {
    expect(await windows(leakingTwice(), { from: at(0) })).toEqual([
      'isolation a/s c/s: ChangePlanned@10 - ChangeApplied@40',
      'isolation a/s c/s: ChangePlanned@60 - lasts',
    ]);
  });

  test('given one that was there before, it is named by what opened it all the same', async () => {
    expect(await windows(leakingTwice(), { from: at(25), to: at(35) })).toEqual([
      'isolation a/s c/s: ChangePlanned@10 - lasts',
    ]);
  });

  test('given one that ends just where the interval does, it has ended', async () => {
    const ended = ['isolation a/s c/s: ChangePlanned@10 - ChangeApplied@40'];
    expect(await windows(leakingTwice(), { from: at(25), to: at(40) })).toEqual(ended);
    expect(await windows(leakingTwice(), { from: at(25), to: seq(20) })).toEqual(ended);
    expect(await windows(leakingTwice(), { from: at(25), to: seq(18) })).toEqual([
      'isolation a/s c/s: ChangePlanned@10 - lasts',
    ]);
    expect(await windows(leakingTwice(), { from: at(40), to: at(60) })).toEqual([]);
  });

  test('given a revocation that nobody carries out, the clock turns it into a violation', async () => {
    const history = carriedOut().wait(10).record(policy('b', {})).wait(190);
    const late = [
      'isolation a/s b/s: TimeBound@70 - lasts',
      'isolation x b/s: TimeBound@70 - lasts',
      'pending-revocation a/s b/s: PolicyEnacted@10 - TimeBound@70',
      'pending-revocation x b/s: PolicyEnacted@10 - TimeBound@70',
    ];
    expect(await windows(history, { from: at(0), to: at(100) })).toEqual(late);
    expect(await windows(history, { from: at(15), to: at(100) })).toEqual(late);
    expect((await judged(history, { from: at(15), to: at(70) })).verdict).toBe('proven');
    expect((await judged(history, { from: at(15), to: at(70.001) })).verdict).toBe('violated');
  });

  test('given a rule that lapses, the clock opens the window, and the overlay that follows closes it', async () => {
    const timed = policy('b', {
      ingress: [
        { source: 'a', protocol: 'tcp', expires: bound(after(20)) },
        { source: 'x', protocol: 'tcp', ports: [[443, 443]] },
      ],
    });
    const history = carriedOut().wait(10).record(timed).wait(15);
    history.plan(
      altered(objects, (object) => (object.kind === 'acl' && object.from === 'a/s' ? [] : object)),
    );
    history.acknowledge(hosts).wait(5);
    expect(await windows(history, { from: at(0), tenant: 'a', peer: 'b' })).toEqual([
      'pending-revocation a/s b/s: TimeBound@20 - ChangeApplied@25',
    ]);
  });

  test('given something that came and went within one millisecond, it was there', async () => {
    const history = leaking();
    const leak = history.planned();
    history.wait(10).plan(objects).acknowledge(hosts).wait(10).plan(leak).plan(objects).acknowledge(hosts);
    history.wait(10);
    expect(await windows(history, { from: at(45) })).toEqual([
      'isolation a/s c/s: ChangePlanned@50 - ChangeApplied@50',
    ]);
    const { verdict, reach } = await judged(history, { from: at(45), tenant: 'a', peer: 'c' });
    expect([verdict, reach]).toEqual(['violated', [{ from: after(45), to: after(60), reach: 'none' }]]);
  });
});

describe('the ends of an interval', () => {
  test('given none, it reaches from the first entry to now, with what holds now', async () => {
    const history = carriedOut().wait(10).record(tenant('d')).plan([]);
    expect((await judged(history)).scope).toEqual({ fromSeq: 11, toSeq: 16, from: start, to: after(10) });
    expect(await windows(history, { from: at(5), tenant: 'a', peer: 'b' })).toEqual([
      'missing a/s b/s: ChangePlanned@10 - lasts',
    ]);
    expect(await windows(history, { from: at(5), to: at(10), tenant: 'a', peer: 'b' })).toEqual([]);
  });

  test('given a time before the first entry, nobody is there yet', async () => {
    const history = carriedOut().wait(10);
    const asked = { from: at(-20), tenant: 'a', peer: 'b' };
    const report = await judged(history, asked);
    expect(report.scope).toEqual({ fromSeq: -1, toSeq: 14, from: after(-20), to: after(10) });
    expect(report.reach).toEqual([
      { from: after(-20), to: start, reach: 'unknown' },
      { from: start, to: after(10), reach: 'authorised' },
    ]);
    expect([report.verdict, gapsIn(report)]).toEqual([
      'unknown',
      [[`ledger: the ledger begins at ${start}: nothing is known of before`, after(-20), start]],
    ]);
    const { scope, verdict } = await judged(history, { to: at(-10) });
    expect([scope.fromSeq, scope.from, scope.to, verdict]).toEqual([-1, after(-10), after(-10), 'unknown']);
  });

  test('given an empty ledger, nothing is known', async () => {
    const report = await judged(new History().wait(5));
    expect(report.scope).toEqual({ fromSeq: -1, toSeq: -1, from: after(5), to: after(5) });
    expect([report.verdict, gapsIn(report)]).toEqual([
      'unknown',
      [['ledger: nothing was recorded yet', after(5), after(5)]],
    ]);
  });

  test.each(['applied', 'intended'] as const)(
    'given an end still to come, only what lies beyond now is open in the %s lane',
    async (lane) => {
      const history = carriedOut().wait(10);
      const asked = { lane, from: at(5), tenant: 'a', peer: 'b' };
      const report = await judged(history, { ...asked, to: at(30) });
      const [[problem, ...window] = []] = gapsIn(report);
      expect(problem).toMatch(`ledger: what comes after ${after(10)} is still to come: `);
      expect([report.verdict, report.gaps.length, window]).toEqual([
        'unknown',
        1,
        [after(10.001), after(30)],
      ]);
      expect(report.reach).toEqual([
        { from: after(5), to: after(10.001), reach: 'authorised' },
        { from: after(10.001), to: after(30), reach: 'unknown' },
      ]);
      for (const to of [at(10), at(10.001)])
        expect(await judged(history, { ...asked, to })).toMatchObject({ verdict: 'proven', gaps: [] });
    },
  );

  test('given an end still to come, nothing is found there, and what is found by now lasts', async () => {
    const revoked = carriedOut().wait(10).record(policy('b', {})).wait(10);
    const report = await judged(revoked, { from: at(15), to: at(600) });
    expect([report.verdict, report.gaps.length]).toEqual(['unknown', 1]);
    const open = report.findings.map(({ kind, window }) => [kind, window.closedBy]);
    expect(open.length).toBeGreaterThan(0);
    expect(open.every(([kind, closedBy]) => kind === 'pending-revocation' && closedBy === null)).toBe(true);
    const leak = await judged(leaking(), { from: at(20), to: at(600) });
    expect([leak.verdict, leak.gaps.length]).toEqual(['violated', 1]);
    expect(await windows(leaking(), { from: at(20), to: at(600) })).toEqual(
      await windows(leaking(), { from: at(20), to: at(30) }),
    );
    expect(await windows(leaking(), { from: at(500), to: at(600) })).toEqual([]);
  });

  test('given a clock behind the last entry, what is to come begins after that', async () => {
    const clock = new ManualClock(start);
    const ledger = ledgerOf(carriedOut().wait(10).record(tenant('d')));
    const verdictUpTo = async (to: Instant): Promise<string> =>
      (await verifyInterval(ledger, { lane: 'applied', clock, from: at(0), to })).verdict;
    expect(await verdictUpTo(at(10))).toBe('proven');
    expect(await verdictUpTo({ kind: 'now' })).toBe('proven');
    expect(await verdictUpTo(at(11))).toBe('unknown');
  });

  test('given two that are the same, it is that one instant', async () => {
    for (const one of [at(20), seq(16), at(30)]) {
      expect(await windows(leaking(), { from: one, to: one })).toEqual([
        'isolation a/s c/s: ChangePlanned@10 - lasts',
      ]);
    }
    const now = await judged(leaking(), { from: { kind: 'now' }, tenant: 'a', peer: 'c' });
    expect(now.reach).toEqual([{ from: after(30), to: after(30), reach: 'unauthorised' }]);
  });

  test('given an end before the beginning, or an entry that is not there, there is no answer', async () => {
    await expect(judged(leaking(), { from: at(10), to: at(9) })).rejects.toThrow(IntervalReversed);
    await expect(judged(leaking(), { from: seq(15), to: seq(14) })).rejects.toThrow(IntervalReversed);
    await expect(judged(leaking(), { from: at(31) })).rejects.toThrow(
      `cannot end at ${after(30)} (seq 17), before it begins at ${after(31)} (seq 17)`,
    );
    await expect(judged(leaking(), { from: seq(18) })).rejects.toThrow(NoSuchInstant);
    await expect(judged(leaking(), { to: seq(18) })).rejects.toThrow(NoSuchInstant);
  });
});

describe('names', () => {
  test('given a tenant that comes or goes meanwhile, it is known', async () => {
    const history = carriedOut().wait(10).record(tenant('d')).wait(10);
    history.record({ type: 'TenantRetired', data: { tenant: 'd' } }).wait(10);
    expect((await judged(history, { tenant: 'd', peer: 'a' })).verdict).toBe('proven');
    expect((await judged(history, { from: at(15), tenant: 'd/s' })).verdict).toBe('proven');
  });

  test('given one that nobody has at any instant of it, it is an error, with the nearest name', async () => {
    const history = carriedOut().wait(10).record(tenant('tenant-d')).wait(10);
    await expect(judged(history, { to: at(10), tenant: 'tenant-d' })).resolves.toBeDefined();
    const early = judged(history, { to: at(9), tenant: 'tenant-d' });
    await expect(early).rejects.toThrow(UnknownEnd);
    await expect(early).rejects.toThrow(
      `is called tenant-d from seq 11, ${start} to seq 14, ${after(9)}; a tenant of that name is registered only at seq 15, ${after(10)}`,
    );
    await expect(judged(history, { tenant: 'a', peer: 'tenant-e' })).rejects.toThrow('mean tenant-d?');
  });
});
