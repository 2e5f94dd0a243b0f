import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../events/catalogue.ts';
import { digestOfObjects, keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import type { ObjectSet } from '../../../projections/isolation/objects/view.ts';
import type { TouchedPairs } from '../../../projections/isolation/objects/touched.ts';
import { host, shard, tenant } from './documents.ts';
import { after, History, start } from './history.ts';
import { network } from './wiring.ts';

const base = [shard('east'), shard('west'), host('hv-1', '172.31.0.1'), host('hv-2', '172.31.0.2')];
const sets = [1, 2, 3, 4, 5].map((count) =>
  Array.from({ length: count }, (_, index) => network(index + 1, 'a/s')),
);
const digests = [[], ...sets].map((set) => digestOfObjects(set));

/** The plans that a host may be at, as `shard plan: objects`. */
function plansOf(history: History, name: string): string[] {
  const { hosts } = history.state();
  return hosts.setsOf(name).map((ref) => `${ref.shard} ${String(ref.plan)}: ${sizeOf(hosts.objectsOf(ref))}`);
}

function problems(history: History): string[] {
  return history
    .state()
    .hosts.gaps()
    .map(({ kind, about, problem }) => `${kind} ${about}: ${problem}`);
}

function planned(
  plan: number,
  rest: { put?: OverlayObject[]; removed?: string[]; before?: string; after?: string },
): DomainEvent {
  const {
    put = sets[plan - 1] ?? [],
    removed = [],
    before = digests[plan - 1] ?? '',
    after: end = digests[plan] ?? '',
  } = rest;
  return { type: 'ChangePlanned', data: { shard: 'east', plan, basis: 0, put, removed, before, after: end } };
}

function applied(name: string, plan: number, digest = digests[plan] ?? '', at = 'east'): DomainEvent {
  const evidence = { driver: 'embedded', objects: 0 };
  return { type: 'ChangeApplied', data: { shard: at, host: name, plan, digest, seenWhole: null, evidence } };
}

function sizeOf(set: ObjectSet): string {
  return String([...set.values()].length);
}

describe('what a host may hold', () => {
  test('given a host that never answered, it may hold nothing or any plan since it came', () => {
    const history = new History()
      .record(...base)
      .record(planned(1, {}))
      .record(planned(2, {}));
    history.record(host('hv-3', '172.31.0.3')).record(planned(3, {}));
    expect(plansOf(history, 'hv-1')).toEqual(['east 0: 0', 'east 1: 1', 'east 2: 2', 'east 3: 3']);
    expect(plansOf(history, 'hv-3')).toEqual(['east 0: 0', 'east 2: 2', 'east 3: 3']);
  });

  test('given acknowledgements, it holds that plan or a later one; what nobody can hold is given up', () => {
    const history = new History().record(...base).record(planned(1, {}), planned(2, {}));
    history.record(applied('hv-1', 1)).record(planned(3, {})).record(applied('hv-2', 2), applied('hv-1', 2));
    expect(plansOf(history, 'hv-1')).toEqual(['east 2: 2', 'east 3: 3']);
    expect(plansOf(history, 'hv-2')).toEqual(['east 2: 2', 'east 3: 3']);
    history.record(applied('hv-1', 3));
    expect(plansOf(history, 'hv-1')).toEqual(['east 3: 3']);
    expect(plansOf(history.record(applied('hv-2', 3)), 'hv-2')).toEqual(['east 3: 3']);
    expect(problems(history)).toEqual([]);
    expect(problems(history.record(applied('hv-2', 1)))).toEqual([
      'acknowledgement hv-2: acknowledgement of plan 1 of east: no such plan is known',
    ]);
  });

  test('given a failed change, nothing is known that was not known before', () => {
    const history = new History()
      .record(...base)
      .record(planned(1, {}))
      .record(applied('hv-1', 1), planned(2, {}));
    const before = plansOf(history, 'hv-1');
    history.record({
      type: 'ChangeFailed',
      data: { shard: 'east', host: 'hv-1', plan: 2, problem: 'no room' },
    });
    expect(plansOf(history, 'hv-1')).toEqual(before);
  });

  test('given a host that changes shards, it may keep what it had until it acknowledges a plan of the new one', () => {
    const history = new History()
      .record(...base)
      .record(planned(1, {}))
      .record(applied('hv-1', 1), planned(2, {}));
    history
      .record(host('hv-1', '172.31.0.1', 'west'), host('hv-1', '172.31.0.9', 'west'))
      .record(planned(3, {}));
    history.plan(sets[0] ?? [], 'west');
    expect(plansOf(history, 'hv-1')).toEqual(['east 1: 1', 'east 2: 2', 'west 0: 0', 'west 1: 1']);
    expect(plansOf(history.acknowledge(['hv-1'], 'west'), 'hv-1')).toEqual(['west 1: 1']);
  });

  test('given a plan in several parts, its set is that of all parts', () => {
    const [, two = []] = sets;
    const [first, second] = two;
    const put = [first, second].filter((object) => object !== undefined);
    const part = { before: digests[0] ?? '', after: digests[2] ?? '' };
    const history = new History()
      .record(...base)
      .record(...put.map((object) => planned(1, { put: [object], ...part })))
      .record(
        planned(2, {
          put: [],
          removed: put.slice(1).map(keyOf),
          before: digests[2] ?? '',
          after: digests[1] ?? '',
        }),
      );
    expect(plansOf(history, 'hv-1')).toEqual(['east 0: 0', 'east 1: 2', 'east 2: 1']);
    expect(problems(history)).toEqual([]);
  });

  test('given an unknown host or shard, nothing is claimed', () => {
    const history = new History().record(tenant('a'));
    expect(plansOf(history, 'hv-9')).toEqual([]);
    expect(problems(history.record(applied('hv-9', 1)))).toEqual([
      'acknowledgement hv-9: acknowledgement of plan 1 of east: the host is not of that shard',
    ]);
  });
});

describe('plans that cannot be relied on', () => {
  const wrong = 'f'.repeat(64);

  test('given a digest that is not that of the objects, the plan is doubted while a host may hold it', () => {
    const history = new History().record(...base).record(planned(1, { after: wrong }));
    expect(problems(history)).toEqual([
      'plan east: plan 1: its objects do not have the digest that it names',
    ]);
    history.record(applied('hv-1', 1, wrong), applied('hv-2', 1, wrong));
    expect(problems(history)).toEqual([
      'plan east: plan 1: its objects do not have the digest that it names',
    ]);
    history.record(planned(2, { before: wrong })).record(applied('hv-1', 2), applied('hv-2', 2));
    expect(problems(history)).toEqual([]);
  });

  test('given a plan that starts from another set, it is doubted, also when its past is given up', () => {
    const history = new History().record(...base).record(planned(1, { before: wrong }));
    const doubt = 'plan east: plan 1: it starts from another set than the plan before it ends with';
    expect(problems(history)).toEqual([doubt]);
    expect(problems(history.record(applied('hv-1', 1), applied('hv-2', 1)))).toEqual([doubt]);
  });

  test('given numbers out of order, nothing about the shard is certain any more', () => {
    const history = new History().record(...base).record(planned(2, { before: digests[0] ?? '' }));
    history.record(planned(1, {}));
    expect(problems(history)).toEqual([
      'plan east: plan 2 follows plan 0',
      'plan east: plan 1 follows plan 2',
    ]);
    expect(plansOf(history, 'hv-1')).toEqual(['east 0: 0', 'east 2: 2']);
  });
});

describe('sets of the past', () => {
  /** What the hosts could hold after each change, the newest first. */
  function pastOf(history: History, name: string): string[] {
    return Array.from(history.state().situationsSince(start), ({ hosts }) =>
      hosts
        .setsOf(name)
        .map((ref) => `${String(ref.plan)}: ${sizeOf(hosts.objectsOf(ref))}`)
        .join(),
    );
  }

  test('are remembered for the longest limit, and then given up', () => {
    const history = new History().record(...base, tenant('a')).record(planned(1, {}));
    history.plan([], 'west').wait(10);
    history.record(applied('hv-1', 1), applied('hv-2', 1)).record(planned(2, {}));
    history.record(applied('hv-1', 2), applied('hv-2', 2), applied('hv-1', 2));
    expect(pastOf(history, 'hv-1')).toEqual([
      '2: 2',
      '1: 1,2: 2',
      '1: 1',
      '0: 0,1: 1',
      '0: 0,1: 1',
      '0: 0',
      '',
    ]);
    history.wait(60).record(planned(3, {})).record(applied('hv-1', 3), applied('hv-2', 3));
    expect(pastOf(history, 'hv-1')).toEqual(['3: 3', '2: 2,3: 3', '2: 2']);
    expect(plansOf(history, 'hv-1')).toEqual(['east 3: 3']);
    expect(problems(history)).toEqual([]);
    history.wait(61).record(tenant('b')).record(applied('hv-1', 3), applied('hv-2', 3));
    expect(pastOf(history, 'hv-2')).toEqual(['3: 3', '3: 3', '3: 3']);
    // What is left begins with plan 3, so that nothing tells the step to it.
    const { hosts, documents } = history.state();
    const stepTo = (plan: number): TouchedPairs =>
      hosts.plans.touched({ shard: 'east', plan }, hosts.plans.neighbours(documents));
    expect(() => stepTo(3)).toThrow(RangeError);
  });

  test('tell of the plan that they begin with what they told of it as the last of several', () => {
    const flawed = new History().record(...base, tenant('a')).record(planned(1, {}));
    flawed.record(planned(2, { before: 'f'.repeat(64) })).record(applied('hv-1', 2), applied('hv-2', 2));
    const problem = 'plan east: plan 2: it starts from another set than the plan before it ends with';
    expect(problems(flawed)).toEqual([problem]);
    flawed.wait(61).record(applied('hv-1', 2)).record(applied('hv-2', 2));
    expect(problems(flawed)).toEqual([problem]);
  });

  test('do not make a part of a plan that everybody has acknowledged', () => {
    const history = new History().record(...base).record(planned(1, {}));
    history.record(applied('hv-1', 1), applied('hv-2', 1)).record(planned(1, {}));
    expect(problems(history)).toEqual(['plan east: plan 1 follows plan 1']);
  });
});

test('given a ledger in which time passes, only recent documents are remembered', () => {
  const history = new History().record(...base, tenant('a'));
  history.wait(50).record(tenant('a', { segments: ['s', 't'] }));
  history.wait(50).record(tenant('b')).wait(5).record(applied('hv-1', 5));
  const editions = (since: string): number[][] =>
    Array.from(history.state().editionsAfter(since), ({ documents }) =>
      ['a', 'b'].map((name) => documents.tenants.get(name)?.segments.length ?? 0),
    );
  expect(editions(after(45))).toEqual([
    [2, 1],
    [2, 0],
    [1, 0],
  ]);
  expect(editions(after(50))).toEqual([
    [2, 1],
    [2, 0],
  ]);
  expect(editions(after(0))).toEqual([
    [2, 1],
    [2, 0],
    [1, 0],
  ]);
  const held = { shard: 'east', seq: 0, time: start };
  const quiet = new History().record({ type: 'ShardHeld', data: held }).state();
  expect(Array.from(quiet.editionsAfter(''), ({ until }) => until)).toEqual([undefined]);
  expect(history.state().seq).toBe(history.seq);
  expect(history.state().recordedAt).toBe(after(105));
  expect(new History().state().recordedAt).toBe('');
});
