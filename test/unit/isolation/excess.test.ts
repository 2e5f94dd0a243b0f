import { expect, test } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { excessAt } from '../../../projections/isolation/judging/excess.ts';
import { rowsOf, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import { endpoint, endpoints, tenant } from './documents.ts';
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

/** The same, with the kind, and with those as whom the traffic passes. */
function named(history: History): string[] {
  const question = { state: history.state(), instant: history.now, wanted: allPairs };
  return excessAt(new Set(['hv-1']), question).map(({ kind, from, to, former, unauthorised }) => {
    const before = former === undefined ? '' : `, before ${former.from} -> ${former.to}`;
    return `${kind} ${from} -> ${to}${before}: ${words(unauthorised)}`;
  });
}

/** The port of `a1` at hv-1 goes to somebody of `c`, and no host is told. */
function handedOver(held: readonly OverlayObject[]): History {
  return carriedOut(held)
    .wait(10)
    .record(
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
}

test('traffic by what the former holder of a port was allowed names that one, and is told once', () => {
  expect(named(handedOver(objects))).toEqual([
    'isolation a/s -> c/s, before a/s -> a/s: any/*',
    'isolation c/s -> a/s, before a/s -> a/s: any/*',
    'isolation c/s -> b/s, before a/s -> b/s: tcp/443,8000-8100',
    'isolation c/s -> x, before a/s -> x: tcp/443',
  ]);
});

test('it is told apart from traffic between the same two that passes as their own', () => {
  const ports: [number, number][] = [[443, 444]];
  const leaking = [...objects, ...routes(2, 3), ...acls({ from: 'c/s', to: 'b/s', protocol: 'tcp', ports })];
  expect(named(handedOver(leaking)).filter((line) => line.includes('c/s -> b/s'))).toEqual([
    'isolation c/s -> b/s, before a/s -> b/s: tcp/443,8000-8100',
    'isolation c/s -> b/s: tcp/444',
  ]);
});

test('where both ports had other holders, each pair of those is named', () => {
  const both = handedOver(objects).record(
    endpoints('b', [], ['b1']),
    endpoints('c', [endpoint('c8', { host: 'hv-1', ips: ['10.3.0.8'], interface: 'vm-b1' })]),
  );
  expect(named(both).filter((line) => line.includes('c/s -> b/s, before'))).toHaveLength(2);
});

test('where a tenant is air-gapped by now, the kind says so', () => {
  const history = handedOver(objects).record(tenant('c', { isolation: 'air-gapped' }));
  expect(named(history).every((line) => line.startsWith('airgap '))).toBe(true);
});
