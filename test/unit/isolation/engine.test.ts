import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine, findingsFor } from '../../../projections/isolation/engine/engine.ts';
import { allPairs, only, type Wanted } from '../../../projections/isolation/judging/contacts.ts';
import type { Finding } from '../../../projections/isolation/judging/findings.ts';
import { inOrder } from '../../../projections/isolation/judging/findings.ts';
import { judge, lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { expectEqual } from '../../support/expect-equal.ts';
import { bound, external, idOf, policy, tenant } from './documents.ts';
import { aToB, carriedOut, documents, objects } from './small-estate.ts';
import { acls, routes } from './wiring.ts';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { foundInstead } from './drift.ts';
import { after, History, start } from './history.ts';
import { Dice } from './random-estate.ts';
import { outsideTale } from './outside.ts';
import { seesawTale } from './seesaw.ts';
import { randomTale } from './tales.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

function told(engine: Engine, wanted: Wanted): Finding[] {
  const found = [...engine.records].flatMap((record) => findingsFor(record, wanted.pair));
  return inOrder(found, (finding) => finding);
}

test('traffic between addresses of different families is listed as connected, and gets through nowhere', () => {
  const inSix = objects.map((object) =>
    object.kind === 'binding' && object.endpoint.startsWith('b/') ? { ...object, ips: ['fd00::2'] } : object,
  );
  const engine = new Engine('applied', () => undefined);
  for (const batch of carriedOut(inSix).batches) engine.follow(batch);
  const pair = { from: 'a/s', to: 'b/s' };
  expect(engine.reaches(pair)).toBe(false);
  expect(engine.connected(pair)).toMatchObject({ tcp: [443, 444, 8000, 8101], icmp: false });
  expect(engine.authorised(pair)).toMatchObject({ tcp: [443, 444, 8000, 8101], icmp: false });
});

/** Compares at every batch, and at every whole second between: all that happens in these histories happens then. */
function expectAsJudgedWhole(history: History, lane: Lane): void {
  const engine = new Engine(lane, () => undefined);
  const ends = ['a/s', 'a/t', 'b/s', 'b/t', 'c/s', 'x', 'y'];
  const compare = (instant: string): void => {
    const { state } = engine;
    const all = judge(lane, { state, instant, wanted: allPairs });
    expectEqual(told(engine, allPairs), all, instant);
    for (const [from = '', to = ''] of ends.map((end, index) => [end, ends[(index + 3) % 7]])) {
      const wanted = only([{ from, to }]);
      expectEqual(told(engine, wanted), judge(lane, { state, instant, wanted }));
    }
  };
  let time = start;
  const passTime = (until: string): void => {
    for (; time < until; time = after(1, time)) {
      engine.passTime(time, { including: true });
      compare(time);
    }
  };
  for (const batch of history.batches) {
    passTime(batch.recordedAt);
    engine.follow(batch);
    compare(batch.recordedAt);
    time = after(1, batch.recordedAt);
  }
  passTime(after(70, history.now));
}

/** Many changes, several of them within one second. */
function longTale(dice: Dice): History {
  return randomTale(dice, 2 + Math.floor(dice.below(8))).history;
}

test.for(lanes)(
  'given random histories, the engine finds on the %s lane what a judgement of everything does',
  (lane) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']);
        expectAsJudgedWhole(dice.chance(0.5) ? randomTale(dice).history : longTale(dice), lane);
      }),
      { numRuns: 12 * scale },
    );
  },
);

test('given grants that come and go, the engine tells what is in time, late and open again as a judgement of everything does', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expectAsJudgedWhole(seesawTale(new Dice(seed)).history, 'applied');
      expectAsJudgedWhole(seesawTale(new Dice(seed), new Dice(-seed)).history, 'observed');
    }),
    // What a time bound revoked is traced back twice there, so that its packets are divided otherwise.
    { numRuns: 12 * scale, examples: [[2_114_678_217]] },
  );
});

test('where the partners of externals and their addresses come and go, the engine finds what a judgement of everything does', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expectAsJudgedWhole(outsideTale(new Dice(seed)).history, 'applied');
    }),
    { numRuns: 12 * scale, examples: [[947_726_771]] },
  );
});

test('given the same rules in another order, a finding names them in that order', () => {
  const rules = [
    { id: idOf(0.1), destination: 'b', protocol: 'tcp' },
    { id: idOf(0.2), destination: 'b', protocol: 'any' },
  ] as const;
  const history = new History().record(
    tenant('a', { classification: 'confidential' }),
    tenant('b'),
    policy('a', { egress: [...rules] }),
    policy('b', { ingress: [{ source: 'a', protocol: 'any' }] }),
  );
  expectAsJudgedWhole(history.wait(5).record(policy('a', { egress: rules.toReversed() })), 'intended');
});

test('given a policy and another tenant that change at once, whoever lost a partner sees its addresses as those of an external that has them too', () => {
  const prefix = { cidrs: ['10.2.0.0/16'] };
  const around = documents.map((event) =>
    event.type === 'ExternalRegistered' ? external('x', { ...event.data, ...prefix }) : event,
  );
  const wired = objects.map((object) =>
    object.kind === 'binding' && object.endpoint === 'x' ? { ...object, ips: prefix.cidrs } : object,
  );
  const history = new History()
    .record(...around)
    .plan(wired)
    .acknowledge(['hv-1', 'hv-2'])
    .wait(5)
    .record(tenant('c', { intraTenant: 'segments' }), policy('b', {}))
    .wait(5)
    .record(tenant('c'), policy('b', { ingress: [{ source: 'a', protocol: 'tcp' }] }));
  expectAsJudgedWhole(history, 'applied');
  const count = history.batches.length;
  const missing = [count - 3, count - 2, count - 1].map((index) =>
    judge('applied', {
      state: history.stateAfter(index),
      instant: history.now,
      wanted: only([{ from: 'a/s', to: 'x' }]),
    }).map(({ kind }) => kind),
  );
  expect(missing).toEqual([[], ['missing'], []]);
});

test('given rules that are replaced, their time bounds are stops only where they came first', () => {
  const lapsing = policy('a', { egress: [{ destination: 'b', protocol: 'tcp', expires: bound(after(5)) }] });
  const history = new History().record(
    tenant('a', { classification: 'confidential' }),
    tenant('b'),
    lapsing,
    policy('b', { ingress: [{ source: 'a', protocol: 'tcp' }] }),
  );
  const engine = new Engine('intended', () => undefined);
  const follow = (): void => {
    for (const batch of history.batches.slice(-1)) engine.follow(batch);
  };
  follow();
  expect(engine.next).toBe(after(5));
  history.wait(1).record(policy('a', {}));
  follow();
  expect(engine.next).toBeUndefined();
  history.record(lapsing);
  follow();
  expect(told(engine, allPairs).map(({ kind }) => kind)).toEqual(['classification']);
  // The very instant at which they lapse.
  history.wait(4).record(lapsing);
  follow();
  expect(told(engine, allPairs)).toEqual([]);
  expectAsJudgedWhole(history, 'intended');
});

test('given rules whose policy goes at the very instant of their bound, nothing is left of them', () => {
  const history = new History().record(
    tenant('a'),
    tenant('b'),
    policy('a', { egress: [{ destination: 'b', protocol: 'tcp', expires: bound(after(5)) }] }),
    policy('b', { ingress: [{ source: 'a', protocol: 'tcp' }] }),
  );
  history.wait(5).record({ type: 'PolicyRevoked', data: { tenant: 'a' } });
  expectAsJudgedWhole(history, 'intended');
});

/** A plan as a part of it tells, whatever was planned before. */
function part(plan: number, put: readonly OverlayObject[], removed: readonly string[] = []): DomainEvent {
  const digest = digestOfObjects([]);
  return {
    type: 'ChangePlanned',
    data: {
      shard: 'east',
      plan,
      basis: 0,
      put: [...put],
      removed: [...removed],
      before: digest,
      after: digest,
    },
  };
}

function applied(at: string, plan: number): DomainEvent {
  const evidence = { driver: 'embedded', objects: 0 };
  const digest = digestOfObjects([]);
  return {
    type: 'ChangeApplied',
    data: { shard: 'east', host: at, plan, digest, seenWhole: null, evidence },
  };
}

test('given plans in parts, with numbers left out or going back, the engine finds what a judgement of everything does', () => {
  const [cutting, ...other] = acls({ ...aToB, ports: [[443, 443]] });
  const leak = [...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] })];
  const history = new History()
    .record(...documents)
    .record(part(1, objects))
    .record(applied('hv-1', 1), applied('hv-2', 1))
    .wait(1)
    .record(part(2, leak))
    .record(part(2, other, leak.map(keyOf)))
    .wait(1)
    .record(part(5, leak))
    .record(part(3, cutting === undefined ? [] : [cutting]))
    .record(applied('hv-1', 5))
    .wait(1)
    .record(applied('hv-2', 5));
  expectAsJudgedWhole(history, 'applied');
});

test('given a plan that changes nothing but what a host was found to hold, the engine finds what a judgement of everything does', () => {
  const joined = [...objects, ...routes(1, 3)];
  const opened = [...objects, ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] })];
  const history = new History()
    .record(...documents)
    .record(part(1, joined))
    .record(applied('hv-1', 1), applied('hv-2', 1))
    .wait(1)
    .record(...foundInstead({ host: 'hv-2', acknowledged: joined, found: opened }))
    .wait(1)
    // By the plans these are there already. Where somebody took them away they come back, to acls that nobody planned.
    .record(part(2, routes(1, 3)));
  const state = history.state(undefined, 'observed');
  const all = judge('observed', { state, instant: history.now, wanted: allPairs });
  expect(all.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toContain('isolation a/s c/s');
  expectAsJudgedWhole(history, 'observed');
});
