import { expect, test } from 'vitest';
import type { Instant } from '../../../src/ledger/instants.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
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

test('an instant that the clock has come to is judged as ever', async () => {
  const history = revoked().wait(20).acknowledge(['hv-1']).wait(200).acknowledge(['hv-1']);
  expect(await words(history, 40, { kind: 'time', instant: after(30) })).toEqual(['proven']);
  const clock = new ManualClock(after(40));
  const [from, to] = [after(0), after(60)].map((instant) => ({ kind: 'time', instant }) as const);
  const { verdict, gaps } = await verifyInterval(ledgerOf(history), { lane: 'applied', from, to, clock });
  expect([verdict, gaps.map(({ kind, from: since, to: until }) => [kind, since, until])]).toEqual([
    'unknown',
    [['clock', after(40.001), after(60)]],
  ]);
});
