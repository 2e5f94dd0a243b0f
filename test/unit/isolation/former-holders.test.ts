import { expect, test } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { reachOf } from '../../../projections/isolation/judging/reach.ts';
import { formerSeats } from '../../../projections/isolation/judging/former.ts';
import { seatsOf } from '../../../projections/isolation/judging/seats.ts';
import { allPairs, only, sceneOf } from '../../../projections/isolation/judging/contacts.ts';
import { judge } from '../../../projections/isolation/judging/lanes.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { explain } from '../../../src/verify/explain/explain.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { ledgerOf } from './ledger-of.ts';
import { endpoint, endpoints, policy, tenant } from './documents.ts';
import { after, start, type History } from './history.ts';
import { aToB, carriedOut, hosts, objects } from './small-estate.ts';
import { acls, binding, routes } from './wiring.ts';

/** Findings as `kind from -> to`, with those who held the ports before. */
function told(history: History, wanted = allPairs): string[] {
  const question = { state: history.state(), instant: history.now, wanted };
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

const late = [
  'isolation a/s -> c/s, before a/s -> a/s',
  'isolation c/s -> a/s, before a/s -> a/s',
  'isolation c/s -> b/s, before a/s -> b/s',
  'isolation c/s -> x, before a/s -> x',
];

test('past the limit it is a violation by the new holder, that names the former one as long as hosts hold the port for it', () => {
  for (const seconds of [60, 100_000]) expect(told(handedOver().wait(seconds))).toEqual(late);
  const airGapped = handedOver().record(tenant('c', { isolation: 'air-gapped' }));
  expect(told(airGapped.wait(60))).toEqual(late.map((line) => line.replace('isolation', 'airgap')));
});

test('the former holder is not named where hosts hold the port for the new one, or for somebody who never had it', () => {
  const leaks = [...routes(1, 3), ...acls({ ...aToB, to: 'c/s' })];
  const right = objects.map((object) =>
    object.kind === 'binding' && object.endpoint === 'a/a1'
      ? binding('c/c9', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })
      : object,
  );
  const leaking = handedOver()
    .plan([...right, ...leaks])
    .acknowledge(hosts)
    .wait(60);
  expect(told(leaking)).toEqual(['isolation a/s -> c/s']);
  const strangers = objects.map((object) =>
    object.kind === 'binding' && object.endpoint === 'a/a1' ? { ...object, vni: 2 } : object,
  );
  const asAnother = handedOver().plan(strangers).acknowledge(hosts).wait(60);
  expect(told(asAnother)).toContain('isolation c/s -> b/s');
  const nameless = handedOver().plan(
    objects.filter((object) => object.kind !== 'network' || object.vni !== 1),
  );
  expect(told(nameless.acknowledge(hosts).wait(60))).toContain('isolation c/s -> a/s');
});

test('of several former holders, all for whom the host may hold the port are known, the last one first', () => {
  const history = carriedOut()
    .wait(10)
    .record(
      endpoints('a', [], ['a1']),
      endpoints('b', [endpoint('b9', { host: 'hv-1', ips: ['10.2.0.9'], interface: 'vm-a1' })]),
    )
    .plan(
      objects.map((object) =>
        object.kind === 'binding' && object.endpoint === 'a/a1'
          ? binding('b/b9', { vni: 2, host: 'hv-1', ips: ['10.2.0.9'], interface: 'vm-a1' })
          : object,
      ),
    )
    .record(
      endpoints('b', [], ['b9']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
  const scene = sceneOf(history.state(), history.now);
  const former = seatsOf(scene.state.documents, () => true).flatMap((seat) =>
    formerSeats(seat, scene).map(
      ({ seat: { key, occupant } }) => `${key}: ${occupant.name} of ${occupant.end}`,
    ),
  );
  expect(former).toEqual(['hv-1 vm-a1: b/b9 of b/s', 'hv-1 vm-a1: a/a1 of a/s']);
});

test('a question about the former holder shows what is left of its grants', () => {
  const asked = (from: string, to: string): string[] => told(handedOver().wait(60), only([{ from, to }]));
  expect(asked('a/s', 'b/s')).toEqual(['isolation c/s -> b/s, before a/s -> b/s']);
  expect(asked('c/s', 'b/s')).toEqual(['isolation c/s -> b/s, before a/s -> b/s']);
  expect(asked('b/s', 'c/s')).toEqual([]);
  expect(told(handedOver(), only([{ from: 'a/s', to: 'x' }]))).toEqual([
    'pending-revocation c/s -> x, before a/s -> x',
  ]);
});

/** The isolation from `c` to `b` that an answer about `a` and `b` tells of: `since - until`, as seconds after the start. */
async function windowsToldOf(
  history: History,
  ends: { from?: number; to?: number; clock?: string },
): Promise<string[]> {
  const at = (seconds: number | undefined): Instant | undefined =>
    seconds === undefined ? undefined : { kind: 'time', instant: after(seconds) };
  const { findings } = await verifyInterval(ledgerOf(history), {
    ...{ lane: 'applied', tenant: 'a', peer: 'b', from: at(ends.from), to: at(ends.to) },
    clock: new ManualClock(ends.clock ?? history.now),
  });
  const secondsOf = (time = ''): number => (Date.parse(time) - Date.parse(start)) / 1000;
  return findings
    .filter(({ kind }) => kind === 'isolation')
    .map(({ from, to, former, window: { openedBy, closedBy } }) => {
      expect({ from, to, former }).toEqual({ from: 'c/s', to: 'b/s', former: { from: 'a/s', to: 'b/s' } });
      return `${String(secondsOf(openedBy.time))} - ${closedBy === null ? 'lasts' : String(secondsOf(closedBy.time))}`;
    });
}

test('a window is that of the pair, also for the former holder as whom packets pass for a part of it alone', async () => {
  const leak = [...objects, ...routes(2, 3), ...acls({ ...aToB, from: 'c/s' })];
  const handed = (all: readonly OverlayObject[]): OverlayObject[] =>
    all.map((object) =>
      object.kind === 'binding' && object.endpoint === 'a/a1'
        ? binding('c/c9', { vni: 3, host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })
        : object,
    );
  const history = carriedOut(leak)
    .wait(20)
    .record(
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
  // What passes as that of `a` is late from 80 on, and is cut at 100; what passes as that of `c` itself was never allowed.
  history.wait(80).plan(handed(leak)).acknowledge(hosts);
  history.wait(60).plan(handed(objects)).acknowledge(hosts).wait(20);
  expect(await windowsToldOf(history, {})).toEqual(['0 - 160']);
  expect(await windowsToldOf(history, { from: 90, to: 95 })).toEqual(['0 - lasts']);
  expect(await windowsToldOf(history, { from: 90, to: 110 })).toEqual(['0 - lasts']);
  expect(await windowsToldOf(history, { from: 30, to: 60 })).toEqual([]);
  expect(await windowsToldOf(history, { from: 105, to: 170 })).toEqual([]);
  // The same by a clock that the ledger is ahead of.
  expect(await windowsToldOf(history, { clock: after(90) })).toEqual(['0 - 160']);
});

test('where the holder stayed, and where hosts hold nothing, nobody is named', () => {
  const revoked = carriedOut().wait(10).record(policy('b', {}));
  expect(told(revoked)).toEqual(['pending-revocation a/s -> b/s', 'pending-revocation x -> b/s']);
  expect(told(handedOver().plan(objects.slice(0, 0)).acknowledge(hosts))).toEqual([]);
});

test.each([10, 100])(
  'explain says for whom a host holds a port, %j s after it changed hands',
  async (seconds) => {
    const history = handedOver().wait(seconds);
    const clock = new ManualClock(history.now);
    const question = {
      from: 'c',
      to: 'b',
      traffic: 'tcp/443',
      at: { kind: 'now' },
      lane: 'applied',
      clock,
    } as const;
    const { answers } = await explain(ledgerOf(history), question);
    expect(answers.map(({ verdict, intended }) => [verdict, intended])).toEqual([['allowed', 'denied']]);
    const missing = answers.flatMap((answer) => answer.missing).filter((one) => one.in === 'overlay');
    expect(missing.map(({ kind, whose }) => `${kind} ${whose}`)).toEqual(['not-cut hv-1', 'not-cut east']);
    expect(missing[0]?.words).toBe(
      'hv-1 may still hold its port vm-a1 for a/s, which had it before c/s: there c/s has what a/s was allowed',
    );
    const carried = answers.flatMap(({ overlay }) => overlay).filter(({ state }) => state === 'carries');
    expect(carried.map(({ from, to, host, side }) => `${from} -> ${to} ${side} ${host}`)).toEqual([
      'a/s -> b/s egress hv-1',
      'a/s -> b/s ingress hv-1',
      'a/s -> b/s ingress hv-2',
    ]);
    expect(carried.every(({ acls: of }) => of.length > 0)).toBe(true);
  },
);

test('inside what was one segment no rule is looked for, and every host that holds it is named', async () => {
  const history = handedOver();
  const clock = new ManualClock(history.now);
  const question = {
    from: 'c',
    to: 'a',
    traffic: 'tcp/1',
    at: { kind: 'now' },
    lane: 'applied',
    clock,
  } as const;
  const { answers } = await explain(ledgerOf(history), question);
  const missing = answers.flatMap((answer) => answer.missing).filter((one) => one.in === 'overlay');
  expect(missing.map(({ kind, whose }) => `${kind} ${whose}`)).toEqual(['not-cut hv-1']);
});
