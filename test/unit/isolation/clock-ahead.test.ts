import { expect, test } from 'vitest';
import type { Instant } from '../../../src/ledger/instants.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { connections } from '../../../src/verify/connections.ts';
import { diff } from '../../../src/verify/diff/diff.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { asKnownAt } from '../../../src/verify/as-known.ts';
import { policy } from './documents.ts';
import { after, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { carriedOut, leaking } from './small-estate.ts';

/** The consent of `b` is revoked after ten seconds, and no host is told. */
function revoked(): History {
  return carriedOut().wait(10).record(policy('b', {}));
}

/** Asked by somebody whose clock shows some seconds after the start. */
function asked(history: History, now: number, at: Instant = { kind: 'now' }): Promise<Report> {
  return verify(ledgerOf(history), { lane: 'applied', at, clock: new ManualClock(after(now)) });
}

const words = async (...of: Parameters<typeof asked>): Promise<string[]> => {
  const { verdict, gaps } = await asked(...of);
  return [verdict, ...gaps.map(({ kind, about, problem }) => `${kind} ${about}: ${problem}`)];
};

test('given a clock more than a minute behind the last entry, how late a revocation is cannot be told', async () => {
  expect(await words(revoked(), -51)).toEqual([
    'unknown',
    `clock ledger: the last entry is of ${after(10)}, ahead of the clock of whoever asks (${after(-51)}): how late a revocation is cannot be told`,
  ]);
  expect(await words(revoked(), -50)).toEqual(['proven']);
  expect(await words(revoked(), -51, { kind: 'seq', seq: 15 })).toMatchObject({ 0: 'unknown' });
});

test('where no limit is being counted, or something is violated anyway, that changes nothing', async () => {
  expect(await words(carriedOut().wait(100).acknowledge(['hv-1']), -51)).toEqual(['proven']);
  expect((await asked(leaking(), -51)).verdict).toBe('violated');
  expect(await words(revoked(), -51, { kind: 'seq', seq: 14 })).toEqual(['proven']);
});

/** What is found with its time: by JSON, and by an interval up to now as well. */
async function found(history: History, now: number): Promise<string[]> {
  const told = ({ verdict, findings, gaps }: Report): string =>
    [
      verdict,
      ...findings.map(({ kind, window }) => `${kind} ${window.openedBy.type} ${window.openedBy.time}`),
      ...gaps.map(({ kind }) => kind),
    ].join(', ');
  const clock = new ManualClock(after(now));
  const over = await verifyInterval(ledgerOf(history), {
    lane: 'applied',
    clock,
    from: { kind: 'seq', seq: 14 },
  });
  return [told(await asked(history, now)), told(over)];
}

test('a later entry from a clock that is ahead does not make a revocation late', async () => {
  const history = revoked().wait(86_400).record(policy('c', {}));
  const pending = ['pending-revocation', 'pending-revocation'].map(
    (kind) => `${kind} PolicyEnacted ${after(10)}`,
  );
  const unknown = ['unknown', ...pending, 'clock'].join(', ');
  for (const now of [11, 69]) expect(await found(history, now)).toEqual([unknown, unknown]);
  const late = await found(history, 70);
  const isolation = `isolation TimeBound ${after(70)}`;
  expect(late).toEqual([
    `violated, ${isolation}, ${isolation}`,
    `violated, ${[isolation, isolation, ...pending].join(', ')}`,
  ]);
});

test('the same as known at that entry', async () => {
  const history = revoked().wait(86_400).record(policy('c', {}));
  const { seq } = history;
  history.record(policy('c', {}));
  const known = await asKnownAt(ledgerOf(history), seq, new ManualClock(after(11)));
  const report = await verify(known.ledger, { lane: 'applied', at: { kind: 'now' }, clock: known.clock });
  expect([report.verdict, report.gaps.map(({ kind }) => kind)]).toEqual(['unknown', ['clock']]);
});

test('an instant that the clock has come to is judged as ever', async () => {
  const history = revoked().wait(20).acknowledge(['hv-1']).wait(200).acknowledge(['hv-1']);
  expect(await words(history, 40, { kind: 'time', instant: after(30) })).toEqual(['proven']);
  const clock = new ManualClock(after(40));
  const [from, to] = [after(0), after(60)].map((instant) => ({ kind: 'time', instant }) as const);
  const { verdict, gaps } = await verifyInterval(ledgerOf(history), { lane: 'applied', from, to, clock });
  expect([verdict, gaps.map(({ kind, from: since, to: until }) => [kind, since, until])]).toEqual([
    'unknown',
    [
      ['clock', after(30.001), after(60)],
      ['clock', after(40.001), after(60)],
    ],
  ]);
});

/** The last entries are of a clock that was a day ahead; the last one before them is of 30 s. */
function untimed(): History {
  const history = carriedOut().wait(30).acknowledge(['hv-1']);
  return history.wait(86_400).record(policy('c', {})).acknowledge(['hv-1']);
}

test('of a time at which entries may have been there that it leaves out, nothing is proven', async () => {
  const at = (seconds: number): Instant => ({ kind: 'time', instant: after(seconds) });
  const history = untimed();
  const first = history.seq - 1;
  for (const seconds of [30.001, 35, 41, 3_600, 86_429]) {
    const gap = `clock ledger: the entries from seq ${String(first)} on bear times ahead of the clock of whoever asks (${after(40)}): which of them were there by then cannot be told`;
    expect(await words(history, 40, at(seconds)), String(seconds)).toEqual(['unknown', gap]);
  }
  // The last time that is sure, those entries themselves, and now, which has all of them.
  expect(await words(history, 40, at(30))).toEqual(['proven']);
  expect(await words(history, 40, { kind: 'seq', seq: history.seq - 1 })).toEqual(['proven']);
  expect(await words(history, 40)).toEqual(['proven']);
  // A clock that has come to them leaves no doubt.
  expect(await words(history, 86_500, at(3_600))).toEqual(['proven']);
});

test('nor where the clock has come to no entry at all', async () => {
  const history = untimed();
  const at: Instant = { kind: 'time', instant: after(25) };
  const [verdict, ...gaps] = await words(history, -100, at);
  expect(verdict).toBe('unknown');
  expect(gaps.join('\n')).toContain('the entries from seq 0 on bear times ahead');
});

test('an interval that ends at such a time is unknown from the last sure time on; one up to now is not', async () => {
  const clock = new ManualClock(after(40));
  const over = async (to?: Instant): Promise<unknown> => {
    const from: Instant = { kind: 'time', instant: after(0) };
    const question = { lane: 'applied', from, to, clock } as const;
    const { verdict, gaps } = await verifyInterval(ledgerOf(untimed()), question);
    return [verdict, gaps.map(({ kind, from: since, to: until }) => [kind, since, until])];
  };
  expect(await over({ kind: 'time', instant: after(60) })).toEqual([
    'unknown',
    [['clock', after(30.001), after(60)]],
  ]);
  expect(await over({ kind: 'time', instant: after(30) })).toEqual(['proven', []]);
  expect(await over()).toEqual(['proven', []]);
});

test('connections, explain and diff say so as well', async () => {
  const ledger = ledgerOf(untimed());
  const clock = new ManualClock(after(40));
  const sure = { kind: 'time', instant: after(30) } as const;
  const unsure = { kind: 'time', instant: after(35) } as const;
  const ask = { lane: 'intended', clock } as const;
  for (const [at, kinds] of [
    [sure, []],
    [unsure, ['clock']],
  ] as const) {
    const listed = await connections(ledger, { ...ask, at });
    expect(listed.gaps.map(({ kind }) => kind)).toEqual(kinds);
    const told = await diff(ledger, { ...ask, from: sure, to: at });
    expect(told.gaps.to.map(({ kind }) => kind)).toEqual(kinds);
  }
});
