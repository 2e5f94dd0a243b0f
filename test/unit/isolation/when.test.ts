import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isNothing,
  nothing,
  subtract,
  union,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import { allPairs, contacts, sceneOf } from '../../../projections/isolation/judging/contacts.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { pairKey } from '../../../projections/isolation/pair.ts';
import type { Instant } from '../../../src/ledger/instants.ts';
import { connections } from '../../../src/verify/connections.ts';
import { parseTraffic } from '../../../src/verify/explain/asked.ts';
import { UnknownEnd } from '../../../src/verify/faults.ts';
import type { Moment } from '../../../src/verify/fold.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import type { FindingWindow } from '../../../src/verify/verify.ts';
import { when, type ReachWindow, type WhenReport } from '../../../src/verify/when/when.ts';
import { rowWords } from '../../../src/words/traffic-words.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { bound, endpoint, endpoints, external, host, policy, shard, tenant } from './documents.ts';
import { after, History, start } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { Dice } from './random-estate.ts';
import { isAhead } from './scan-interval.ts';
import { carriedOut, objects } from './small-estate.ts';
import { randomTale } from './tales.ts';
import { acls, routes } from './wiring.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);
const names = ['a', 'b', 'c', 'a/s', 'b/s', 'b/t', 'x', 'y'] as const;

function randomPair(dice: Dice): { readonly source: string; readonly target: string } {
  return { source: dice.pick(...names), target: dice.pick(...names) };
}

/** An entry, or a time from before the first entry until after now. */
function randomEnd(history: History, dice: Dice): Instant {
  if (dice.chance(0.5)) return { kind: 'seq', seq: Math.floor(dice.below(history.seq + 1)) };
  const span = (Date.parse(history.now) - Date.parse(start)) / 1000;
  return { kind: 'time', instant: after(Math.floor((dice.below(span + 40) - 10) * 2) / 2) };
}

/** The windows of one standing and pair, joined: from the first cause until the last one of each row of them. */
function joined(windows: readonly ReachWindow[]): string[] {
  const order = ({ openedBy }: ReachWindow): string => `${openedBy.time} ${placeOf(openedBy.seq)}`;
  const found: string[] = [];
  for (const strand of Map.groupBy(windows, (one) => `${one.standing} ${pairKey(one)}`)) {
    const [key, all] = strand;
    let open: { since: string; last: ReachWindow } | undefined;
    const note = (): void => {
      if (open !== undefined) found.push(`${key} ${open.since} - ${endOf(open.last.closedBy)}`);
    };
    for (const window of all.toSorted((one, other) => (order(one) < order(other) ? -1 : 1))) {
      if (open === undefined || isBefore(open.last, window)) {
        note();
        open = { since: beginOf(window.openedBy), last: window };
      } else if (isLater(window, open.last)) open = { ...open, last: window };
    }
    note();
  }
  return found.sort();
}

function placeOf(seq: number | null): string {
  return String(seq ?? -1).padStart(6, '0');
}

type Cause = FindingWindow['openedBy'] | ReachWindow['openedBy'];

const beginOf = ({ seq, type, time }: Cause): string => `${String(seq)} ${type} ${time}`;
const endOf = (cause: Cause | null): string => (cause === null ? 'lasts' : beginOf(cause));

/** Whether a window ends before another one opens; one that ends where the other opens goes on. */
function isBefore({ closedBy }: ReachWindow, { openedBy }: ReachWindow): boolean {
  if (closedBy === null) return false;
  return `${closedBy.time} ${placeOf(closedBy.seq)}` < `${openedBy.time} ${placeOf(openedBy.seq)}`;
}

function isLater({ closedBy }: ReachWindow, { closedBy: known }: ReachWindow): boolean {
  if (known === null) return false;
  return (
    closedBy === null || `${closedBy.time} ${placeOf(closedBy.seq)}` > `${known.time} ${placeOf(known.seq)}`
  );
}

async function expectAsVerified(seed: number, lane: Lane): Promise<void> {
  const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
  const { history } = randomTale(dice);
  const ledger = ledgerOf(history);
  const ends = dice.chance(0.4)
    ? {}
    : { from: randomEnd(history, dice), to: dice.chance(0.3) ? undefined : randomEnd(history, dice) };
  const pair = randomPair(dice);
  // The clock of whoever asks may be far behind.
  const now = dice.chance(0.3) ? after(-70 + Math.floor(dice.below(90))) : history.now;
  const common = { lane, ...ends, clock: new ManualClock(now) };
  const [told, verified] = await Promise.all([
    when(ledger, { ...common, ...pair }).catch(String),
    verifyInterval(ledger, { ...common, tenant: pair.source, peer: pair.target }).catch(String),
  ]);
  if (typeof told === 'string' || typeof verified === 'string') {
    expect(told).toBe(verified);
    return;
  }
  expect(told.scope).toEqual(verified.scope);
  expect(told.vouched).toEqual(verified.vouched);
  // Verify asks about both ways, and which bounds have passed may be open for the way back alone.
  if (isAhead({ history, now })) expect(verified.gaps).toEqual(expect.arrayContaining([...told.gaps]));
  else expect(told.gaps).toEqual(verified.gaps);
  if (told.gaps.length === verified.gaps.length) expect(told.reach).toEqual(verified.reach);
  const [isSource, isTarget] = [pair.source, pair.target].map(
    (name) => (end: string) => end === name || end.startsWith(`${name}/`),
  );
  const findings = verified.findings
    .filter(({ kind }) => kind !== 'missing' && kind !== 'classification')
    .filter(({ from, to }) => isSource?.(from) === true && isTarget?.(to) === true)
    .map(
      ({ kind, from, to, window }) =>
        `${kind} ${from} ${to} ${beginOf(window.openedBy)} - ${endOf(window.closedBy)}`,
    );
  expect(joined(told.windows.filter(({ standing }) => standing !== 'authorised'))).toEqual(findings.sort());
}

test('given random histories, windows, reach and gaps on the applied lane are those of verify', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => expectAsVerified(seed, 'applied')),
    { numRuns: 20 * scale },
  );
});

test('given random histories, windows, reach and gaps on the observed lane are those of verify', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => expectAsVerified(seed, 'observed')),
    { numRuns: 20 * scale },
  );
});

test('given random histories, windows, reach and gaps on the intended lane are those of verify', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => expectAsVerified(seed, 'intended')),
    { numRuns: 25 * scale },
  );
});

function trafficIn(rows: readonly { readonly protocol: string; readonly ports: string }[]): Traffic {
  return rows
    .map((row) => parseTraffic(row.protocol === 'other' ? '253' : rowWords(row)))
    .reduce(union, nothing);
}

/** The windows that are open after a batch, or at a time after the last batch before it. */
function openAt(windows: readonly ReachWindow[], { time, seq }: Moment): readonly ReachWindow[] {
  const here = `${time} ${placeOf(seq)}`;
  const placeIn = ({ time: at, seq: entry }: Cause): string => `${at} ${placeOf(entry)}`;
  return windows.filter(
    ({ openedBy, closedBy }) => placeIn(openedBy) <= here && (closedBy === null || here < placeIn(closedBy)),
  );
}

function byPair(rows: readonly { from: string; to: string; traffic: Traffic }[]): Map<string, Traffic> {
  const found = new Map<string, Traffic>();
  for (const { from, to, traffic } of rows) {
    const key = pairKey({ from, to });
    found.set(key, union(found.get(key) ?? nothing, traffic));
  }
  return found;
}

/** By pair, the traffic of all packets that hosts may deliver at a moment. */
function packetsAt(
  { history, lane }: { history: History; lane: Lane },
  { seq, time }: Moment,
  isAsked: (key: string) => boolean,
): Map<string, Traffic> {
  const state = history.stateAfter(
    history.batches.findIndex(({ last }) => last === seq),
    undefined,
    lane,
  );
  const found = Array.from(contacts(sceneOf(state, time), allPairs), ({ from, to, delivered }) => ({
    from,
    to,
    traffic: delivered.may.map(({ traffic }) => traffic).reduce(union, nothing),
  }));
  return byPair(found.filter((one) => one.from !== one.to && isAsked(pairKey(one))));
}

/** Every batch end, and every half second between. */
function pointsOf({ batches, now }: History): { readonly moment: Moment; readonly at: Instant }[] {
  const points: { moment: Moment; at: Instant }[] = [];
  for (const [index, { last, recordedAt }] of batches.entries()) {
    points.push({ moment: { seq: last, time: recordedAt }, at: { kind: 'seq', seq: last } });
    const until = batches[index + 1]?.recordedAt ?? now;
    for (let time = after(0.5, recordedAt); time < until; time = after(0.5, time))
      points.push({ moment: { seq: last, time }, at: { kind: 'time', instant: time } });
  }
  return points;
}

/** What passes by the windows at each point is what `connections` lists there; each is given with the other's sum. */
async function expectAsConnected(seed: number, lane: Lane): Promise<void> {
  const dice = new Dice(seed, ['tcp', 'tcp', 'udp', 'icmp', 'any']);
  const { history } = randomTale(dice);
  const ledger = ledgerOf(history);
  const { source, target } = randomPair(dice);
  const clock = new ManualClock(history.now);
  let report: WhenReport;
  try {
    report = await when(ledger, { lane, source, target, clock });
  } catch (error) {
    expect(error).toBeInstanceOf(UnknownEnd);
    return;
  }
  // What documents ask for across an air gap is no connection; what hosts let through there is.
  const between = report.windows.filter(
    ({ from, to, standing }) => from !== to && (lane !== 'intended' || standing !== 'airgap'),
  );
  for (const { moment, at } of dice.some(pointsOf(history), 0.2)) {
    const listed = await connections(ledger, { at, lane, from: source, to: target, clock }).catch(String);
    // At this instant nobody has one of the names.
    if (typeof listed === 'string') {
      if (lane === 'intended') expect(openAt(between, moment)).toEqual([]);
      continue;
    }
    const open = byPair(
      openAt(between, moment).map(({ traffic, ...pair }) => ({ ...pair, traffic: trafficIn(traffic) })),
    );
    const rows = byPair(listed.connections.map((row) => ({ ...row, traffic: trafficIn([row]) })));
    for (const [key, traffic] of open)
      expect(isNothing(subtract(traffic, rows.get(key) ?? nothing)), key).toBe(true);
    // Hosts may allow what no packet can use, for lack of addresses of one family: connections lists it.
    const usable =
      lane === 'intended'
        ? rows
        : packetsAt({ history, lane }, moment, (end) => open.has(end) || rows.has(end));
    for (const [key, traffic] of usable)
      expect(isNothing(subtract(traffic, open.get(key) ?? nothing)), `${key} ${JSON.stringify(at)}`).toBe(
        true,
      );
  }
}

test.each(lanes)(
  'given random histories, what is open at an instant on the %s lane is what connections lists',
  async (lane) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), (seed) => expectAsConnected(seed, lane)),
      { numRuns: 10 * scale },
    );
  },
);

test.each(lanes)(
  'given random histories, an answer about some traffic on the %s lane is that part of the whole answer',
  async (lane) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const dice = new Dice(seed);
        const { history } = randomTale(dice);
        const question = { lane, ...randomPair(dice), clock: new ManualClock(history.now) };
        const traffic = dice.pick('tcp/10', 'tcp/0-19', 'udp', 'icmp', '253', 'any');
        const [whole, part] = await Promise.all([
          when(ledgerOf(history), question).catch(String),
          when(ledgerOf(history), { ...question, traffic }).catch(String),
        ]);
        if (typeof whole === 'string' || typeof part === 'string') {
          expect(part).toBe(whole);
          return;
        }
        for (const { moment } of pointsOf(history)) {
          const [all, some] = [whole, part].map(({ windows }) =>
            byPair(
              openAt(windows, moment).map((window) => ({
                from: `${window.standing} ${window.from}`,
                to: window.to,
                traffic: trafficIn(window.traffic),
              })),
            ),
          );
          const asked = parseTraffic(traffic);
          for (const [key, passes] of all ?? []) {
            const wanted = subtract(passes, subtract(passes, asked));
            const got = some?.get(key) ?? nothing;
            expect(isNothing(subtract(wanted, got)) && isNothing(subtract(got, wanted)), key).toBe(true);
          }
          for (const key of some?.keys() ?? []) expect(all?.has(key)).toBe(true);
        }
      }),
      { numRuns: 15 * scale },
    );
  },
);

/** Windows as `pair traffic standing: opened - closed`. */
async function windowsOf(
  history: History,
  question: { source: string; target: string; lane: Lane; traffic?: string },
  now = history.now,
): Promise<string[]> {
  const { windows } = await when(ledgerOf(history), { ...question, clock: new ManualClock(now) });
  return windows.map(
    ({ from, to, traffic, standing, openedBy, closedBy }) =>
      `${from} ${to} ${traffic.map(rowWords).join(' ')} ${standing}: ${beginOf(openedBy)} - ${endOf(closedBy)}`,
  );
}

describe('when one could reach another', () => {
  const aToB = { source: 'a', target: 'b/s' } as const;
  const leak = [...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'any' })];

  test('given a leak that was planned and mended within one millisecond, it is a window, with a packet', async () => {
    const history = carriedOut().wait(10).plan(leak).acknowledge(['hv-1', 'hv-2']).plan(objects);
    history.acknowledge(['hv-1', 'hv-2']).wait(10);
    const question = { source: 'a', target: 'c', lane: 'applied' } as const;
    expect(await windowsOf(history, question)).toEqual([
      `a/s c/s any isolation: 15 ChangePlanned ${after(10)} - 20 ChangeApplied ${after(10)}`,
    ]);
    const { verdict, windows, reach } = await when(ledgerOf(history), {
      ...question,
      clock: new ManualClock(history.now),
    });
    expect(verdict).toBe('violated');
    expect(windows[0]?.witness).toEqual(
      expect.objectContaining({ src: '10.1.0.1', dst: '10.3.0.1', protocol: 'tcp' }),
    );
    expect(windows[0]?.objects.length).toBeGreaterThan(0);
    // Reach speaks of time, and of a millisecond its last state counts.
    expect(reach.map((stretch) => stretch.reach)).toEqual(['none']);
    expect(await windowsOf(history, { ...question, traffic: 'tcp/22' })).toEqual([
      `a/s c/s tcp/22 isolation: 15 ChangePlanned ${after(10)} - 20 ChangeApplied ${after(10)}`,
    ]);
  });

  test('given a port that is revoked and never cut, that port alone is pending, and then late by the clock', async () => {
    const history = carriedOut()
      .wait(10)
      .record(policy('b', { ingress: [{ source: 'a', protocol: 'tcp', ports: [[443, 443]] }] }))
      .wait(100);
    const windows = await windowsOf(history, { ...aToB, lane: 'applied' });
    expect(windows.slice(1)).toEqual([
      `a/s b/s tcp/443 authorised: 12 ChangePlanned ${start} - lasts`,
      `a/s b/s tcp/8000-8100 pending-revocation: 15 PolicyEnacted ${after(10)} - null TimeBound ${after(70)}`,
      `a/s b/s tcp/8000-8100 isolation: null TimeBound ${after(70)} - lasts`,
    ]);
    expect(windows[0]).toBe(
      `a/s b/s tcp/8000-8100 authorised: 12 ChangePlanned ${start} - 15 PolicyEnacted ${after(10)}`,
    );
  });

  test('given rules that open and lapse, the clock alone opens and closes, and every rule is told with its event', async () => {
    const timed = { source: 'a', from: bound(after(20)), expires: bound(after(30)) };
    const history = carriedOut()
      .wait(10)
      .record(policy('b', { ingress: [timed] }))
      .wait(50);
    const question = { ...aToB, lane: 'intended', traffic: 'tcp/8000' } as const;
    expect(await windowsOf(history, question)).toEqual([
      `a/s b/s tcp/8000 authorised: 11 PolicyEnacted ${start} - 15 PolicyEnacted ${after(10)}`,
      `a/s b/s tcp/8000 authorised: null TimeBound ${after(20)} - null TimeBound ${after(30)}`,
    ]);
    const { windows } = await when(ledgerOf(history), { ...question, clock: new ManualClock(history.now) });
    expect(
      windows[1]?.rules.map(({ tenant, side, enacted }) => [tenant, side, enacted?.seq, enacted?.by]),
    ).toEqual([
      ['a', 'egress', 10, 'tester'],
      ['b', 'ingress', 15, 'tester'],
    ]);
  });

  test.each([false, true])(
    'given an end that another sees no longer (in quarantine before: %s), an address is open between no two any more, whoever asks',
    async (isCut) => {
      const toX = { destination: 'x' };
      const history = new History()
        .record(tenant('a'), tenant('b'), shard('east'), host('hv-1', '192.0.2.1'), external('x'))
        .record(
          endpoints('a', [endpoint('a1', { ips: ['10.0.0.1'], host: 'hv-1' })]),
          endpoints('b', [endpoint('b1', { ips: ['10.0.0.1'], host: 'hv-1' })]),
          policy('a', { egress: [toX] }),
          policy('b', { egress: [toX] }),
        );
      if (isCut) history.wait(5).record({ type: 'TenantQuarantined', data: { tenant: 'b' } });
      history
        .wait(isCut ? 5 : 10)
        .record(tenant('b', { segments: ['t'] }), policy('b', {}))
        .wait(10);
      const clock = new ManualClock(history.now);
      const { gaps } = await when(ledgerOf(history), { source: 'a', target: 'x', lane: 'intended', clock });
      expect(gaps.map(({ kind, about, to }) => [kind, about, to])).toEqual([['address', 'x', after(10)]]);
    },
  );

  test('given a ledger ahead of the clock, what a rule allows across an air gap is told once it is so at any time that it may be', async () => {
    const history = new History()
      .record(tenant('a', { isolation: 'air-gapped' }), tenant('b'))
      .record(policy('a', { egress: [{ destination: 'b', protocol: 'tcp' }] }))
      .record(
        policy('b', {
          ingress: [
            { source: 'a', protocol: 'tcp', ports: [[443, 443]] },
            { source: 'a', protocol: 'tcp', ports: [[8000, 8000]], from: bound(after(20)) },
          ],
        }),
      )
      .wait(100)
      .record(tenant('c'));
    const question = { ...aToB, lane: 'intended' } as const;
    expect(await windowsOf(history, question)).toEqual([
      `a/s b/s tcp/443 airgap: 3 PolicyEnacted ${start} - lasts`,
      `a/s b/s tcp/8000 airgap: null TimeBound ${after(20)} - lasts`,
    ]);
    expect(await windowsOf(history, question, start)).toEqual([
      `a/s b/s tcp/443 airgap: 3 PolicyEnacted ${start} - lasts`,
    ]);
  });
});
