import { expect, test } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { excessAt } from '../../../projections/isolation/judging/excess.ts';
import { rowsOf, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import { endpoint, endpoints } from './documents.ts';
import type { History } from './history.ts';
import { carriedOut, objects } from './small-estate.ts';
import { acls, routes } from './wiring.ts';

const words = (traffic: Traffic): string =>
  rowsOf(traffic)
    .map(({ protocol, ports }) => `${protocol}/${ports}`)
    .join(' ');

/** The excess at some hosts now, as `from -> to: unauthorised | misaddressed`. */
function excess(history: History, ...hosts: string[]): string[] {
  const question = { state: history.state(), instant: history.now, wanted: allPairs };
  return excessAt(new Set(hosts), question).map(
    ({ from, to, unauthorised, misaddressed }) =>
      `${from} -> ${to}: ${words(unauthorised)} | ${words(misaddressed)}`,
  );
}

const leaks: readonly OverlayObject[] = [
  ...objects,
  ...routes(1, 3),
  ...acls({ from: 'c/s', to: 'a/s', protocol: 'udp', ports: [[53, 53]] }),
  ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] }),
];

test('nothing goes beyond what is authorised where hosts hold what the documents ask for', () => {
  expect(excess(carriedOut(), 'hv-1', 'hv-2')).toEqual([]);
});

test('traffic that no rule allows is told once for each pair, in order', () => {
  expect(excess(carriedOut(leaks), 'hv-1', 'hv-2')).toEqual([
    'a/s -> c/s: tcp/22 | ',
    'c/s -> a/s: udp/53 | ',
  ]);
});

test('it is told of the hosts that are asked about, at either end', () => {
  // c/s sits on hv-2 alone.
  expect(excess(carriedOut(leaks), 'hv-1')).toHaveLength(2);
  expect(excess(carriedOut(leaks), 'hv-3')).toEqual([]);
});

test('traffic that rules allow, and addresses do not, is told apart', () => {
  const moved = endpoints('b', [endpoint('b1', { host: 'hv-1', ips: ['10.2.0.9'] })]);
  expect(excess(carriedOut().record(moved), 'hv-1')).toEqual([
    'a/s -> b/s:  | tcp/443,8000-8100',
    'x -> b/s:  | tcp/443',
  ]);
});
