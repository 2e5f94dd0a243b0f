import { expect, test } from 'vitest';
import { reachOf } from '../../../projections/isolation/judging/reach.ts';
import { allPairs, only } from '../../../projections/isolation/judging/contacts.ts';
import { judge } from '../../../projections/isolation/judging/lanes.ts';
import { endpoint, endpoints, policy } from './documents.ts';
import type { History } from './history.ts';
import { carriedOut, hosts, objects } from './small-estate.ts';

/** Findings as `kind from -> to`, with those who held the ports before. */
function told(history: History): string[] {
  const question = { state: history.state(), instant: history.now, wanted: allPairs };
  return judge('applied', question)
    .filter(({ kind }) => kind !== 'missing')
    .map(({ kind, from, to, former }) => {
      const before = former === undefined ? '' : `, before ${former.from} -> ${former.to}`;
      return `${kind} ${from} -> ${to}${before}`;
    });
}

function reach(history: History, from: string, to: string): string {
  const question = { state: history.state(), instant: history.now, wanted: only([{ from, to }]) };
  return reachOf('applied', question, { findings: judge('applied', question), gaps: [] });
}

/** The port of `a1` at hv-1 goes to somebody of `c`, and no host is told. */
function handedOver(): History {
  return carriedOut()
    .wait(10)
    .record(
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
}

test('what a new holder of a port may reach is a pending revocation of the former one, whom the finding names', () => {
  const history = handedOver();
  expect(told(history)).toEqual([
    'pending-revocation a/s -> c/s, before a/s -> a/s',
    'pending-revocation c/s -> a/s, before a/s -> a/s',
    'pending-revocation c/s -> b/s, before a/s -> b/s',
    'pending-revocation c/s -> x, before a/s -> x',
  ]);
  expect(reach(history, 'c/s', 'b/s')).toBe('unauthorised');
  expect(reach(history, 'b/s', 'c/s')).toBe('none');
});

test('what may reach a new holder of a port names the former one as well', () => {
  const history = carriedOut()
    .wait(10)
    .record(
      endpoints('b', [], ['b1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-b1' })]),
    );
  expect(told(history)).toContain('pending-revocation a/s -> c/s, before a/s -> b/s');
  expect(reach(history, 'a/s', 'c/s')).toBe('unauthorised');
});

test('past the limit it is a violation by the new holder, and where the holder stayed nobody else is named', () => {
  const isolation = ['a/s -> c/s', 'c/s -> a/s', 'c/s -> b/s', 'c/s -> x'].map((pair) => `isolation ${pair}`);
  expect(told(handedOver().wait(60))).toEqual(isolation);
  const revoked = carriedOut().wait(10).record(policy('b', {}));
  expect(told(revoked)).toEqual(['pending-revocation a/s -> b/s', 'pending-revocation x -> b/s']);
  expect(told(handedOver().plan(objects.slice(0, 0)).acknowledge(hosts))).toEqual([]);
});
