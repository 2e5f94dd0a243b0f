import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, type OverlayObject } from '../../../events/overlay-objects.ts';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { gapsOf, judge, reaches, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { connections } from '../../../src/verify/connections.ts';
import { explain, type Explanation } from '../../../src/verify/explain/explain.ts';
import { verifyInterval } from '../../../src/verify/verify-interval.ts';
import { verify, type Report } from '../../../src/verify/verify.ts';
import { when } from '../../../src/verify/when/when.ts';
import { ManualClock } from '../../doubles/manual-clock.ts';
import { host } from './documents.ts';
import { corrected, drift, foundInstead, notTold } from './drift.ts';
import { found, gaps } from './found.ts';
import { after, start, type History } from './history.ts';
import { ledgerOf } from './ledger-of.ts';
import { aToB, carriedOut, hosts, objects } from './small-estate.ts';
import { acls, altered, binding, cuts, network, routes } from './wiring.ts';

const leak = acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] });
const opened = [...objects, ...routes(1, 3), ...leak];

/** Right hosts, of which one is found to hold something else after ten seconds. */
function changed(
  name: string,
  held: readonly OverlayObject[],
  { wired = objects, parts = 1 }: { wired?: readonly OverlayObject[]; parts?: number } = {},
): History {
  const drifted = foundInstead({ host: name, acknowledged: wired, found: held }, parts);
  return carriedOut(wired)
    .wait(10)
    .record(...drifted);
}

async function judged(history: History, lane: Lane = 'observed'): Promise<Report> {
  return verify(ledgerOf(history), { at: { kind: 'now' }, lane, clock: new ManualClock(history.now) });
}

async function verdict(history: History, lane: Lane = 'observed'): Promise<Report['verdict']> {
  return (await judged(history, lane)).verdict;
}

const seen = (name: string): string =>
  `drift host/${name}: was found to hold something else than it acknowledged, and was not put right yet`;

describe('given what somebody changed by hand, the observed lane finds it with the packet that shows it', () => {
  test('an acl that opens a port, with the routes that it needs', () => {
    expect(found(changed('hv-2', opened), 'observed')).toEqual([
      'isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22',
    ]);
    expect(found(changed('hv-2', opened))).toEqual([]);
  });

  test('an acl that lets one port more through', () => {
    const wide = altered(objects, (object) =>
      object.kind === 'acl' && object.from === 'a/s' && object.to === 'b/s'
        ? { ...object, ports: [[443, 444]] }
        : object,
    );
    expect(found(changed('hv-1', wide), 'observed')).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 444',
      'missing a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 8000',
    ]);
  });

  test('port security that lets a port use an address more', () => {
    const wide = altered(objects, (object) =>
      object.kind === 'binding' && object.endpoint === 'a/a1'
        ? binding('a/a1', { vni: 1, host: 'hv-1', ips: ['10.1.0.0/31'] })
        : object,
    );
    expect(found(changed('hv-1', wide), 'observed')).toEqual([
      'isolation a/s -> b/s: 10.1.0.0 -> 10.2.0.1 tcp 443',
      'isolation a/s -> x: 10.1.0.0 -> 198.51.100.0 tcp 443',
    ]);
  });

  test("an address that is bound once more, to another tenant's port in the same network", () => {
    const twice = altered(objects, (object) =>
      object.kind === 'binding' && object.endpoint === 'c/c1'
        ? binding('c/c1', { vni: 2, host: 'hv-2', ips: ['10.2.0.2'] })
        : object,
    );
    expect(found(changed('hv-2', twice), 'observed')).toEqual([
      'isolation a/s -> c/s: 10.1.0.1 -> 10.2.0.2 tcp 443',
      'isolation b/s -> c/s: 10.2.0.1 -> 10.2.0.2 tcp 1',
      'isolation c/s -> b/s: 10.2.0.2 -> 10.2.0.1 tcp 1',
      'isolation x -> c/s: 198.51.100.0 -> 10.2.0.2 tcp 443',
      'missing a/s -> b/s: 10.1.0.1 -> 10.2.0.2 tcp 443',
      'missing b/s -> b/s: 10.2.0.1 -> 10.2.0.2 tcp 1',
      'missing x -> b/s: 198.51.100.0 -> 10.2.0.2 tcp 443',
    ]);
  });

  test('a quarantine that was taken away', () => {
    const cut = [...objects, ...cuts('b/s')];
    const history = carriedOut(cut).record({ type: 'TenantQuarantined', data: { tenant: 'b' } });
    const drifted = foundInstead({ host: 'hv-1', acknowledged: cut, found: objects });
    expect(found(history, 'observed')).toEqual([]);
    expect(found(history.wait(100).record(...drifted), 'observed')).toEqual([
      'isolation a/s -> b/s: 10.1.0.1 -> 10.2.0.1 tcp 443',
      'isolation x -> b/s: 198.51.100.0 -> 10.2.0.1 tcp 443',
    ]);
  });

  test('a port that nobody knows', () => {
    const strange = [...objects, binding('d/d1', { vni: 3, host: 'hv-2', ips: ['10.3.0.9'] })];
    expect(gaps(changed('hv-2', strange), 'observed')).toEqual([
      'interface hv-2/vm-d1: no document says who sits there, and d/d1 is bound to it',
    ]);
  });
});

describe('a host that was found otherwise', () => {
  test('is missing what was taken away, all of it if nothing is left, and is proven if nothing came of it', async () => {
    const fewer = objects.filter((object) => object.kind !== 'acl' || object.to !== 'x');
    expect(found(changed('hv-1', fewer), 'observed')).toEqual([
      'missing a/s -> x: 10.1.0.1 -> 198.51.100.0 tcp 443',
    ]);
    const emptied = carriedOut().record(drift('hv-1'));
    expect(found(emptied, 'observed').map((line) => line.split(':')[0])).toEqual([
      ...['missing a/s -> a/s', 'missing a/s -> b/s', 'missing a/s -> x'],
      ...['missing b/s -> b/s', 'missing x -> b/s'],
    ]);
    expect(await verdict(emptied)).toBe('proven');
    const harmless = changed('hv-1', [...objects, network(9, 'nobody/s')]);
    expect([await verdict(harmless), await verdict(harmless, 'applied')]).toEqual(['proven', 'unknown']);
  });

  test('is told by several entries of one batch, and by nothing that does not have its digest', async () => {
    const held = changed('hv-2', opened, { parts: 3 });
    expect(await verdict(held)).toBe('violated');
    expect(gaps(held, 'observed')).toEqual([]);
    const parts = foundInstead({ host: 'hv-2', acknowledged: objects, found: opened }, 3);
    const partly = carriedOut().record(...parts.slice(1));
    expect([found(partly, 'observed'), gaps(partly, 'observed')]).toEqual([[], [seen('hv-2')]]);
    const others = foundInstead({ host: 'hv-2', acknowledged: objects, found: objects });
    const mixed = carriedOut().record(...others, ...parts);
    expect(gaps(mixed, 'observed')).toEqual([seen('hv-2')]);
  });

  test('is in doubt where nobody could read it, or another ledger is there, or its plan is not known', () => {
    for (const kind of ['unreadable', 'foreign'] as const)
      expect(gaps(carriedOut().record(notTold('hv-2', kind)), 'observed')).toEqual([seen('hv-2')]);
    const unknown = foundInstead({ host: 'hv-2', plan: 7, acknowledged: objects, found: opened });
    expect(gaps(carriedOut().record(...unknown), 'observed')).toEqual([seen('hv-2')]);
    const elsewhere = foundInstead({ host: 'hv-9', acknowledged: objects, found: opened });
    expect(gaps(carriedOut().record(...elsewhere), 'observed')).toEqual([seen('hv-9')]);
  });

  test('may hold that still if it cannot be read, and not if it holds something else or what another ledger gave it', () => {
    const leaky = 'isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22';
    const again = (events: readonly DomainEvent[]): string[] =>
      found(
        changed('hv-2', opened)
          .wait(10)
          .record(...events),
        'observed',
      );
    expect(again([notTold('hv-2', 'unreadable')])).toEqual([leaky]);
    expect(again([notTold('hv-2', 'foreign')])).toEqual([]);
    expect(again(foundInstead({ host: 'hv-2', acknowledged: objects, found: objects }))).toEqual([]);
    expect(again([drift('hv-2')]).every((line) => line.startsWith('missing'))).toBe(true);
  });

  test('is right once it was put right or emptied, or holds what another shard gave it, and not by an acknowledgement alone', async () => {
    const history = changed('hv-2', opened).acknowledge(hosts);
    expect(await verdict(history)).toBe('violated');
    expect(await verdict(history.record(corrected('hv-2', objects)))).toBe('proven');
    const moved = changed('hv-2', opened)
      .record(host('hv-2', '172.31.0.2', 'west'))
      .plan(objects, 'west');
    expect(await verdict(moved)).toBe('violated');
    expect(await verdict(moved.acknowledge(['hv-2'], 'west'))).toBe('proven');
  });

  test('may hold what a plan made of it, and no longer what it was before that plan was acknowledged', () => {
    // The acls that let one end reach another were there before the plan that joins their networks.
    const unjoined = [...objects, ...leak];
    const history = changed('hv-2', unjoined);
    expect(found(history, 'observed')).toEqual([]);
    history.plan([...objects, ...routes(1, 3)]);
    expect(found(history, 'observed')).toEqual(['isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22']);
    expect(found(history)).toEqual([]);
    const cut = changed('hv-2', opened).plan(objects.filter((object) => object.kind !== 'network'));
    expect(found(cut, 'observed')).toContain('isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22');
    expect(found(cut.acknowledge(['hv-2']), 'observed')).not.toContain(
      'isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22',
    );
  });

  test('and acknowledged an older plan may hold what the plans since then make of that', () => {
    const joined = [...objects, ...routes(1, 3)];
    const history = carriedOut().plan(joined);
    const drifted = foundInstead({ host: 'hv-2', acknowledged: objects, found: [...objects, ...leak] });
    expect(found(history.record(...drifted), 'observed')).toEqual([
      'isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22',
    ]);
  });

  test('though it was to hold nothing, may hold what it was found to hold', () => {
    const history = carriedOut().record(host('hv-3', '172.31.0.3'));
    const drifted = foundInstead({ host: 'hv-3', plan: 0, acknowledged: [], found: [network(1, 'a/s')] });
    const { hosts: states } = history.record(...drifted).state(undefined, 'observed');
    const held = states.setsOf('hv-3').map((ref) => digestOfObjects(states.objectsOf(ref).values()));
    expect(held).toEqual([[], objects, [network(1, 'a/s')]].map((set) => digestOfObjects(set)));
  });
});

describe('over time, the observed lane', () => {
  const drifted = (): History => changed('hv-2', opened).wait(10).record(corrected('hv-2', objects)).wait(10);

  test('has a window from the entry that found it to the one that put it right, with the objects that were there', async () => {
    const history = drifted();
    const clock = new ManualClock(history.now);
    const asked = { lane: 'observed', clock } as const;
    const report = await verifyInterval(ledgerOf(history), asked);
    expect([report.verdict, report.lane]).toEqual(['violated', 'observed']);
    expect(report.findings.filter(({ kind }) => kind !== 'missing')).toMatchObject([
      {
        ...{ kind: 'isolation', from: 'a/s', to: 'c/s' },
        window: { openedBy: { type: 'DriftDetected' }, closedBy: { type: 'DriftCorrected' } },
      },
    ]);
    const { windows } = await when(ledgerOf(history), { ...asked, source: 'a', target: 'c' });
    expect(windows).toMatchObject([
      {
        ...{ standing: 'isolation', since: after(10), until: after(20) },
        objects: leak.map(({ id }) => id),
        openedBy: { type: 'DriftDetected', by: 'tester' },
      },
    ]);
  });

  test('knows nothing of the time before it was found, since the host was last seen right', async () => {
    const history = drifted();
    const at = { kind: 'time', instant: after(5) } as const;
    const asked = { at, lane: 'observed', clock: new ManualClock(history.now) } as const;
    const { verdict: then, gaps: doubts } = await verify(ledgerOf(history), asked);
    expect([then, doubts.map(({ problem }) => problem)]).toEqual([
      'unknown',
      [
        expect.stringContaining(
          'another set of objects instead of what it acknowledged, and was last seen right',
        ),
      ],
    ]);
  });

  test('knows nothing of the time between two drifts that differ, and all of that between two that do not', async () => {
    const first = (): History => changed('hv-2', opened).wait(10);
    const at = { kind: 'time', instant: after(15) } as const;
    const gapsThen = async (history: History): Promise<readonly string[]> => {
      const asked = { at, lane: 'observed', clock: new ManualClock(history.now) } as const;
      return (await verify(ledgerOf(history), asked)).gaps.map(({ problem }) => problem);
    };
    const same = foundInstead({ host: 'hv-2', acknowledged: objects, found: opened });
    expect(
      await gapsThen(
        first()
          .record(...same)
          .wait(10),
      ),
    ).toEqual([]);
    expect(await gapsThen(first().record(drift('hv-2')).wait(10))).toEqual([
      expect.stringMatching(
        /to hold nothing instead of what it acknowledged, and was last seen whole at seq/,
      ),
    ]);
  });

  test('says nothing of hosts at a time to come', async () => {
    const history = changed('hv-2', opened);
    const at = { kind: 'time', instant: after(60) } as const;
    const clock = new ManualClock(history.now);
    const report = await verify(ledgerOf(history), { at, lane: 'observed', clock });
    expect([report.verdict, report.findings]).toEqual(['unknown', []]);
  });
});

describe('explain, on the observed lane, of a host that was found otherwise', () => {
  const told = async (history: History, to: string, traffic: string): Promise<Explanation['answers']> => {
    const clock = new ManualClock(history.now);
    const asked = { from: 'a', to, traffic, lane: 'observed', at: { kind: 'now' }, clock } as const;
    return (await explain(ledgerOf(history), asked)).answers;
  };

  test('says that it lets through what nobody planned, by which objects, and who found that', async () => {
    const [answer] = await told(changed('hv-2', opened), 'c', 'tcp/22');
    expect(answer).toMatchObject({
      ...{ verdict: 'allowed', intended: 'denied', certain: false },
      missing: [
        { kind: 'no-rule' },
        { kind: 'no-rule' },
        {
          ...{ kind: 'drifted', whose: 'hv-2', origin: { type: 'DriftDetected', by: 'tester' } },
          words: 'hv-2 was found to let it through, beside all plans, and was not put right yet',
        },
      ],
    });
    expect(answer?.mends).toContainEqual({ kind: 'words', words: 'isoledger sync puts hv-2 right' });
    expect(answer?.overlay.map(({ host: at, plans, acls: held }) => ({ at, plans, held }))).toEqual([
      { at: 'hv-1', plans: [1], held: [] },
      { at: 'hv-2', plans: [1], held: [{ id: leak[0]?.id, action: 'allow', plans: [], found: true }] },
      { at: 'hv-2', plans: [1], held: [{ id: leak[1]?.id, action: 'allow', plans: [], found: true }] },
    ]);
    expect(answer?.overlay.map(({ drift: by }) => by?.type)).toEqual([
      undefined,
      'DriftDetected',
      'DriftDetected',
    ]);
  });

  test('says what it lacks, and of what is planned besides that it may be there', async () => {
    const fewer = objects.filter(
      (object) => object.kind !== 'acl' || object.to !== 'b/s' || object.from !== 'a/s',
    );
    const history = changed('hv-1', fewer).record(notTold('hv-1', 'unreadable'));
    const [answer] = await told(history, 'b', 'tcp/443');
    expect(answer).toMatchObject({ verdict: 'allowed', certain: false });
    expect(answer?.missing.map(({ words }) => words)).toEqual([
      'hv-1 was found to lack the egress rule, beside all plans, and was not put right yet',
      'hv-1 was found to lack the ingress rule, beside all plans, and was not put right yet',
    ]);
    expect(answer?.overlay[0]).toMatchObject({ host: 'hv-1', state: 'may carry', plans: [1] });
  });

  test('points at the packet where no rule of a host tells it', async () => {
    const moved = altered(objects, (object) =>
      object.kind === 'binding' && object.endpoint === 'c/c1'
        ? binding('c/c1', { vni: 2, host: 'hv-2', ips: ['10.2.0.9'] })
        : object,
    );
    const [answer] = await told(changed('hv-2', moved), 'c', 'tcp/443');
    expect(answer?.missing.at(-1)?.words).toBe(
      'what hosts hold contradicts itself: isoledger verify --tenant a/s --peer c/s --lane observed shows a packet',
    );
  });
});

test('where nothing drifted, the applied lane and the observed one say the same', async () => {
  const history = carriedOut().plan(opened).wait(10);
  const [applied, observed] = await Promise.all([judged(history, 'applied'), judged(history)]);
  expect(observed).toEqual({ ...applied, lane: 'observed' });
  const asked = { at: { kind: 'now' }, clock: new ManualClock(history.now) } as const;
  const [one, other] = await Promise.all(
    (['applied', 'observed'] as const).map((lane) => connections(ledgerOf(history), { ...asked, lane })),
  );
  expect(other?.connections).toEqual(one?.connections);
});

test('a state that was folded for one lane of hosts answers no question about the other', () => {
  const history = changed('hv-2', opened);
  const known = { since: start, until: history.now, drifts: [], takenBack: [] };
  const asked = { state: history.state(), instant: history.now, wanted: allPairs };
  expect(() => judge('observed', asked)).toThrow(RangeError);
  expect(() => gapsOf('observed', asked, known)).toThrow(RangeError);
  expect(() => reaches('applied', { ...asked, state: history.state(undefined, 'observed') })).toThrow(
    RangeError,
  );
  expect(judge('intended', asked)).toEqual([]);
});

test('hosts that were found to hold the same share it, and each ends it by itself', () => {
  const drifted = (name: string): DomainEvent[] =>
    foundInstead({ host: name, acknowledged: objects, found: opened });
  const history = carriedOut().record(...hosts.flatMap(drifted));
  const leaks = [
    'isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 tcp 22',
    'isolation a/s -> c/s: 10.1.0.2 -> 10.3.0.1 tcp 22',
  ];
  const { hosts: states } = history.state(undefined, 'observed');
  const [one, other] = hosts.map((name) => states.setsOf(name).find((ref) => ref.found !== undefined));
  expect(one).toBeDefined();
  expect(other).toEqual(one);
  expect(found(history, 'observed')).toEqual(leaks.slice(0, 1));
  expect(found(history.record(corrected('hv-1', objects)), 'observed')).toEqual(leaks.slice(1));
  // The set of the drift goes on with the plans, and its beginning is given up once the host has acknowledged one.
  const harmless = [...objects, network(9, 'nobody/s')];
  history.plan(harmless).acknowledge(['hv-2']).wait(100).plan(objects).acknowledge(hosts).wait(100);
  expect(found(history, 'observed')).toEqual(leaks.slice(1));
  const again = foundInstead({ host: 'hv-1', plan: 3, acknowledged: objects, found: opened });
  expect(found(history.record(...again), 'observed')).toEqual(leaks.slice(0, 1));
});

test('a host that is found to hold what another one held before a plan holds it as before that plan', () => {
  const shut = objects.filter((object) => object.kind !== 'acl');
  const drifted = (name: string): DomainEvent[] =>
    foundInstead({ host: name, acknowledged: objects, found: opened });
  const history = carriedOut()
    .record(...drifted('hv-1'))
    .plan(shut)
    .acknowledge(['hv-1'])
    .wait(100)
    .acknowledge(['hv-1'])
    .wait(100)
    .acknowledge(['hv-1'])
    .record(...drifted('hv-2'));
  const { hosts: states } = history.state(undefined, 'observed');
  const logs = hosts.flatMap((name) =>
    states
      .setsOf(name)
      .flatMap(({ plan, found: log = [] }) => [log].flat().map((of) => `${String(plan)} ${of}`)),
  );
  expect([logs.length, new Set(logs).size]).toEqual([3, 3]);
  expect(found(history, 'observed')).toContain('isolation a/s -> c/s: 10.1.0.1 -> 10.3.0.1 tcp 22');
});

test('traffic between two ends that a drift alone lets through is reach', () => {
  const history = changed('hv-2', opened);
  const asked = { instant: history.now, wanted: { ...allPairs, pair: isFromAToC } };
  expect(reaches('observed', { ...asked, state: history.state(undefined, 'observed') })).toBe(true);
  expect(reaches('applied', { ...asked, state: history.state() })).toBe(false);
});

function isFromAToC({ from, to }: { from: string; to: string }): boolean {
  return from === 'a/s' && to === 'c/s';
}

test('of one kind of traffic as of another: what is authorised stays so', () => {
  const history = changed('hv-2', [...objects, ...acls({ ...aToB, ports: [[443, 443]] })]);
  expect(found(history, 'observed')).toEqual([]);
});
