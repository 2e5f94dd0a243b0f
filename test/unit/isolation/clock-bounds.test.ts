import { describe, expect, test } from 'vitest';
import { allPairs, only } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf, judge } from '../../../projections/isolation/judging/lanes.ts';
import { blame } from '../../../src/verify/blame.ts';
import { connections } from '../../../src/verify/connections.ts';
import { explain } from '../../../src/verify/explain/explain.ts';
import { verify } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { bound, endpoint, endpoints, external, policy, tenant } from './documents.ts';
import { after, start, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut } from './small-estate.ts';

const day = 86_400;
const pair = { from: 'a/s', to: 'b/s' };
type Egress = NonNullable<Parameters<typeof policy>[1]['egress']>[number];
type Rules = Parameters<typeof policy>[1];

function tcpTo(destination: string, ...ports: [number, number][]): Egress {
  return { destination, protocol: 'tcp', ports };
}

const toB = tcpTo('b', [443, 443]);

/** `a` may reach `b` from the twentieth day on, and an entry of a clock that is thirty days ahead was recorded. */
function opened(rules: Rules = { egress: [{ ...toB, from: bound(after(20 * day)) }] }): History {
  return carriedOut()
    .wait(10)
    .record(policy('a', rules))
    .wait(30 * day)
    .acknowledge(['hv-1']);
}

/** The gaps of the last instant, for a clock that shows some seconds after the start. */
function gaps(history: History, { now = 20, wanted = allPairs } = {}): string[] {
  const state = history.stateAfter(history.batches.length - 1);
  const instant = history.now;
  const clockAhead = { recordedAt: instant, now: after(now) };
  const known = { since: start, until: instant, drifts: [], takenBack: [], clockAhead };
  return gapsOf('intended', { state, instant, wanted }, known).map(
    ({ kind, problem }) => `${kind}: ${problem}`,
  );
}

const told = (now: number, at: number, whose = 'a'): string =>
  `clock: the last entry is of ${after(30 * day + 10)}, ahead of the clock of whoever asks (${after(now)}): ` +
  `whether rules of ${whose} have opened or lapsed at ${after(at)} cannot be told`;

describe('a time bound between the clock of whoever asks and the last entry', () => {
  test('is a gap, and none once the clock has come to it', () => {
    expect(gaps(opened())).toEqual([told(20, 20 * day)]);
    expect(gaps(opened(), { now: 20 * day - 0.001 })).toEqual([told(20 * day - 0.001, 20 * day)]);
    expect(gaps(opened(), { now: 20 * day })).toEqual([]);
  });

  test('is a gap by the end of a rule as well, and of either side', () => {
    expect(gaps(opened({ egress: [{ ...toB, expires: bound(after(20 * day)) }] }))).toEqual([
      told(20, 20 * day),
    ]);
    const ingress = carriedOut()
      .record(policy('b', { ingress: [{ source: '*', from: bound(after(20 * day)) }] }))
      .wait(30 * day + 10)
      .acknowledge(['hv-1']);
    expect(gaps(ingress)).toEqual([told(20, 20 * day, 'b')]);
  });

  test('is none where it changes nothing for those who are asked about', () => {
    const from = bound(after(20 * day));
    expect(gaps(opened(), { wanted: only([{ from: 'c/s', to: 'b/s' }]) })).toEqual([]);
    expect(gaps(opened(), { wanted: only([pair]) })).toHaveLength(1);
    for (const rule of [
      { ...toB, destination: 'c', from },
      { ...toB, destination: 'nobody', from },
      { ...toB, destination: 'b/none', from },
    ])
      expect(gaps(opened({ egress: [toB, rule] }))).toEqual([]);
    expect(gaps(opened({ egress: [toB, { ...toB, from }] }))).toEqual([]);
  });

  test('is a gap where it opens the way to an external, or narrows a rule to a segment', () => {
    const from = bound(after(20 * day));
    expect(gaps(opened({ egress: [{ destination: 'x', from }] }))).toHaveLength(1);
    expect(gaps(opened({ egress: [{ ...toB, segment: 's', destination: 'b/s', from }] }))).toHaveLength(1);
  });

  test('is a gap of what is guarded', () => {
    const from = bound(after(20 * day));
    const history = carriedOut()
      .record(
        tenant('b', { classification: 'restricted' }),
        policy('a', { egress: [toB] }),
        policy('b', { ingress: [{ source: 'a' }, { source: 'a', guard: 'CHG-1', from }] }),
      )
      .wait(30 * day + 10)
      .acknowledge(['hv-1']);
    expect(gaps(history)).toEqual([told(20, 20 * day, 'b')]);
  });

  test('is a gap of an external that loses an address to a new partner', () => {
    const history = carriedOut()
      .record(
        external('x', { cidrs: ['10.2.0.0/16'], gateway: { host: 'hv-1', interface: 'ext-x' } }),
        endpoints('b', [endpoint('b1', { host: 'hv-1', ips: ['10.2.0.1'] })]),
        policy('a', { egress: [{ destination: 'x' }, { ...toB, from: bound(after(20 * day)) }] }),
      )
      .wait(30 * day + 10)
      .acknowledge(['hv-1']);
    for (const pair of [
      { from: 'a/s', to: 'x' },
      { from: 'x', to: 'a/s' },
    ])
      expect(gaps(history, { wanted: only([pair]) })).toHaveLength(1);
    expect(gaps(opened(), { wanted: only([{ from: 'a/s', to: 'x' }]) })).toEqual([]);
  });
});

test('every answer says that nobody can tell whether the grant is open', async () => {
  const kept = [tcpTo('b', [443, 443], [8000, 8100]), tcpTo('x', [443, 443])];
  const ssh = { ...tcpTo('b', [22, 22]), from: bound(after(20 * day)) };
  const ledger = ledgerOf(opened({ egress: [...kept, ssh] }));
  const clock = new ManualClock(after(20));
  const now = { kind: 'now' } as const;
  for (const lane of ['intended', 'applied'] as const) {
    const asked = await verify(ledger, { lane, at: now, clock });
    expect([asked.verdict, asked.gaps.map(({ kind }) => kind)]).toEqual(['unknown', ['clock']]);
    const over = await verifyInterval(ledger, { lane, from: { kind: 'seq', seq: 14 }, clock });
    expect([over.verdict, over.gaps.map(({ kind, from, to }) => [kind, from, to])]).toEqual([
      'unknown',
      [['clock', after(20 * day), after(30 * day + 10)]],
    ]);
    const ends = { from: 'a', to: 'b', traffic: 'tcp/22' };
    expect((await explain(ledger, { ...ends, at: now, lane, clock })).verdict).toBe('unknown');
    expect((await connections(ledger, { at: now, lane, clock })).gaps).toHaveLength(1);
  }
  expect((await blame(ledger, { tenant: 'a', at: now, clock })).gaps).toHaveLength(1);
  expect((await blame(ledger, { tenant: 'b', at: now, clock })).gaps).toEqual([]);
  expect((await blame(ledger, { tenant: 'c', at: now, clock })).gaps).toEqual([]);
  const later = { kind: 'time', instant: after(40 * day) } as const;
  const toCome = await verify(ledger, { lane: 'intended', at: later, clock });
  expect(toCome.gaps.map(({ kind }) => kind)).toEqual(['ledger']);
  const since = { kind: 'time', instant: after(19 * day) } as const;
  // No time bound came by then. But the last entries may have been there, whatever their own times are.
  const before = await verify(ledger, { lane: 'intended', at: since, clock });
  expect(before.gaps.map(({ problem }) => problem)).toEqual([
    expect.stringContaining('which of them were there by then cannot be told'),
  ]);
});

describe('what hangs on a bound of which nobody can tell whether it has come', () => {
  const clock = new ManualClock(after(20));
  const ends = { tenant: 'a', peer: 'b' };
  const lane = 'applied' as const;
  /** Findings, gaps and reach now, and those over the time since the documents were enacted. */
  async function answers(history: History): Promise<unknown[]> {
    const ledger = ledgerOf(history);
    const at = await verify(ledger, { lane, at: { kind: 'now' }, clock, ...ends });
    const over = await verifyInterval(ledger, { lane, from: { kind: 'seq', seq: 14 }, clock, ...ends });
    const kindsOf = (of: typeof at): unknown[] => [of.verdict, of.findings.map(({ kind }) => kind)];
    return [
      [...kindsOf(at), at.reach?.map(({ reach }) => reach)],
      [...kindsOf(over), over.reach?.map(({ reach }) => reach)],
    ];
  }
  const expires = bound(after(20 * day));
  const from = bound(after(20 * day));
  const others = [tcpTo('b', [8000, 8100]), tcpTo('x', [443, 443])];

  test('is no revocation, and no reach that nobody authorised: it is unknown, as the gap says', async () => {
    expect(await answers(opened({ egress: [{ ...toB, expires }, ...others] }))).toEqual([
      ['unknown', [], ['unknown']],
      ['unknown', [], ['authorised', 'unknown']],
    ]);
  });

  test('is nothing that is missing either', async () => {
    expect(await answers(opened({ egress: [toB, ...others, { ...tcpTo('b', [22, 22]), from }] }))).toEqual([
      ['unknown', [], ['unknown']],
      ['unknown', [], ['authorised', 'unknown']],
    ]);
  });

  test('where an event revoked something as well, that is found all the same', async () => {
    const history = opened({ egress: [{ ...toB, expires }] });
    const [at] = await answers(history);
    expect(at).toEqual(['unknown', ['pending-revocation'], ['unauthorised']]);
  });

  test('is found again once the clock has come there', async () => {
    const ledger = ledgerOf(opened({ egress: [{ ...toB, expires }, ...others] }));
    const asked = { lane, at: { kind: 'now' }, ...ends } as const;
    const seconds = 20 * day;
    const then = await verify(ledger, { ...asked, clock: new ManualClock(after(seconds)) });
    expect([then.reach?.[0]?.reach, then.findings.map(({ kind }) => kind)]).toEqual([
      'unauthorised',
      ['pending-revocation'],
    ]);
    const late = await verify(ledger, { ...asked, clock: new ManualClock(after(seconds + 60)) });
    expect([late.verdict, late.findings.map(({ kind }) => kind)]).toEqual(['violated', ['isolation']]);
  });

  test('is asked about the former holder of a port too: what its heir may reach is unknown', async () => {
    const history = carriedOut()
      .wait(10)
      .record(
        endpoints('a', [], ['a1']),
        endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.1.0.1'], interface: 'vm-a1' })]),
        policy('c', { egress: [{ ...toB, from }] }),
        policy('b', { ingress: [{ source: 'a', protocol: 'tcp' }, { source: 'c' }] }),
      )
      .wait(30 * day)
      .acknowledge(['hv-2']);
    const heir = await verify(ledgerOf(history), { lane, at: { kind: 'now' }, clock, ...ends });
    expect(heir.verdict).toBe('unknown');
    expect(heir.gaps.map(({ problem }) => problem).join()).toContain('whether rules of c have opened');
  });

  test('a grant that lacks its guard at only some of these times is no finding of the documents', () => {
    const history = carriedOut()
      .record(
        tenant('b', { classification: 'restricted' }),
        policy('a', { egress: [toB] }),
        policy('b', { ingress: [{ source: 'a' }, { source: 'a', guard: 'CHG-1', expires }] }),
      )
      .wait(30 * day + 10)
      .acknowledge(['hv-1']);
    const state = history.stateAfter(history.batches.length - 1);
    const question = { state, instant: history.now, wanted: allPairs };
    for (const judged of ['intended', 'applied'] as const) {
      const kinds = (certainUpTo?: string): string[] =>
        judge(judged, { ...question, certainUpTo })
          .filter(({ kind }) => kind === 'classification')
          .map((found) => `${found.from} ${found.to}`);
      expect(kinds()).toContain('a/s b/s');
      expect(kinds(after(20))).not.toContain('a/s b/s');
      expect(kinds(after(20 * day))).toContain('a/s b/s');
    }
  });
});
