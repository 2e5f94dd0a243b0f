import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../../projections/isolation/engine/engine.ts';
import { digestOfKept, HandedOut, KeptParts } from '../../../projections/isolation/engine/kept.ts';
import { KeptRefused, read, readParts } from '../../../projections/isolation/engine/kept-json.ts';
import { readRecord, recordText } from '../../../projections/isolation/engine/kept-texts.ts';
import { Ticks } from '../../../projections/isolation/engine/ticks.ts';
import type { PairRecord } from '../../../projections/isolation/engine/pair-record.ts';
import { everything, isNothing, nothing } from '../../../projections/isolation/header-sets/traffic.ts';
import { allPairs, only } from '../../../projections/isolation/judging/contacts.ts';
import { lanes, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { IsolationState } from '../../../projections/isolation/state.ts';
import { endpoint, endpoints, policy } from './documents.ts';
import { FollowedEngine } from './followed-engine.ts';
import { after, History, start } from './history.ts';
import { Dice } from './random-estate.ts';
import { seesawTale } from './seesaw.ts';
import { carriedOut } from './small-estate.ts';

type Kept = ReadonlyMap<string, string>;

/** What is kept of an engine after a history, or its first batches. */
function keptOf({ batches }: History, lane: Lane = 'applied', count = batches.length): Kept {
  const followed = new FollowedEngine((look) => new Engine(lane, look));
  for (const batch of batches.slice(0, count)) followed.engine.follow(batch);
  followed.keep();
  return followed.kept;
}

/** Texts with a head that fits them, as somebody would write them who can write anything. */
function sealed(kept: Kept): Map<string, string> {
  const { place } = new KeptParts(keptOf(new History()));
  const head = kept.get('engine');
  const [, lane, judged, seq, recordedAt, passed] = read(head ?? '[]', readParts);
  const handedOut = new HandedOut();
  const texts = new Map([...kept].filter(([key]) => key !== 'engine'));
  for (const [key, text] of texts) handedOut.put(key, text);
  const [format, , , , , , sum] = read(handedOut.headOf(place), readParts);
  return texts.set('engine', JSON.stringify([format, lane, judged, seq, recordedAt, passed, sum]));
}

function resumed(
  kept: Kept,
  history: History,
  { lane = 'applied', state = history.state() }: { lane?: Lane; state?: IsolationState } = {},
): Engine {
  return Engine.resumed(lane, () => undefined, { state, kept });
}

/** A port that changes hands, while the former holder's grant is taken away. */
function handedOver(): History {
  return carriedOut()
    .wait(10)
    .record(
      policy('a', {}),
      endpoints('a', [], ['a1']),
      endpoints('c', [endpoint('c9', { host: 'hv-1', ips: ['10.3.0.9'], interface: 'vm-a1' })]),
    );
}

describe('what is kept of an engine', () => {
  test('is handed out whole at first, and then what changed', () => {
    const history = handedOver();
    const [last] = history.batches.slice(-1);
    const engine = new Engine('applied', () => undefined);
    for (const batch of history.batches.slice(0, -1)) engine.follow(batch);
    const first = engine.takeKept();
    expect(first.map(([key]) => key)).toContain('port hv-2 vm-b2');
    expect(engine.takeKept()).toEqual([]);
    if (last !== undefined) engine.follow(last);
    const keys = engine.takeKept().map(([key]) => key);
    expect(keys.filter((key) => !key.startsWith('pair '))).toEqual(['tick 4', 'port hv-1 vm-a1', 'engine']);
    expect(keys).not.toContain('pair b/s x');
    expect(keys.length).toBeLessThan(first.length);
  });

  test.for(lanes)('lets an engine go on in the %s lane as the one that never stopped', (lane) => {
    const history = handedOver();
    const [first, last] = [history.batches.slice(0, -1), history.batches.at(-1)];
    const whole = new FollowedEngine((look) => new Engine(lane, look));
    for (const batch of first) whole.engine.follow(batch);
    whole.keep();
    const before = new Map(whole.kept);
    const state = history.stateAfter(first.length - 1, undefined, lane);
    const goingOn = new FollowedEngine((look) => Engine.resumed(lane, look, { state, kept: before }), before);
    whole.told();
    for (const { engine } of [whole, goingOn]) if (last !== undefined) engine.follow(last);
    expect(goingOn.told()).toEqual(whole.told());
    for (const one of [whole, goingOn]) one.keep();
    expect(new Map([...goingOn.kept].sort())).toEqual(new Map([...whole.kept].sort()));
    const granted = { from: 'a/s', to: 'b/s' };
    // What was granted is in hosts still, and the record of the pair with it; documents grant it no more.
    const isGone = lane === 'intended';
    expect(isNothing(goingOn.engine.connected(granted))).toBe(isGone);
    expect(before.has('pair a/s b/s')).toBe(true);
    expect(goingOn.kept.has('pair a/s b/s')).toBe(!isGone);
  });

  test('has the same digest whenever it was handed out, and another one at another instant', () => {
    const history = handedOver();
    const engine = new Engine('applied', () => undefined);
    const kept = new Map<string, string>();
    for (const batch of history.batches) {
      engine.follow(batch);
      for (const [key, text] of engine.takeKept()) if (text !== null) kept.set(key, text);
    }
    expect(digestOfKept(kept)).toBe(digestOfKept(keptOf(history)));
    engine.passTime(after(70, history.now), { including: true });
    for (const [key, text] of engine.takeKept()) if (text !== null) kept.set(key, text);
    expect(digestOfKept(kept)).not.toBe(digestOfKept(keptOf(history)));
  });

  test('is read as it was written', () => {
    const pair = { from: 'a/s', to: 'x' };
    const witness = { src: null, dst: '10.0.0.1' };
    const record: PairRecord = {
      ...pair,
      findings: [
        { kind: 'isolation', ...pair, witness: { ...witness, protocol: 'icmp' }, rules: ['r'] },
        {
          kind: 'pending-revocation',
          ...pair,
          former: { from: 'b/s', to: 'x' },
          witness: { ...witness, protocol: 'tcp', srcPort: 40_000, dstPort: 443 },
          rules: [],
        },
      ],
      authorised: [{ since: 1, traffic: everything, src: undefined, dst: [1n, 2n ** 130n] }],
      open: [
        { since: 1, traffic: { ...nothing, tcp: [443, 444], icmp: true } },
        { since: 3, traffic: nothing },
      ],
      limits: [start],
    };
    const text = recordText(record);
    const again = readRecord(pair, text);
    expect(again).toEqual(record);
    // Findings are compared by their texts.
    expect(JSON.stringify(again.findings)).toBe(JSON.stringify(record.findings));
    expect(recordText(again)).toBe(text);
  });

  test('gives up what lies far back', () => {
    const history = carriedOut();
    for (let count = 0; count < 1100; count += 1) history.wait(1).record(policy('c', {}));
    const followed = new FollowedEngine((look) => new Engine('applied', look));
    for (const [index, batch] of history.batches.entries()) {
      followed.engine.follow(batch);
      if (index % 400 === 0) followed.keep();
    }
    followed.keep();
    expect(followed.kept).toEqual(new Map([...keptOf(history)]));
    expect(followed.kept.has('tick 1000')).toBe(false);
    expect(followed.kept.has('tick 1103')).toBe(true);
    const engine = resumed(followed.kept, history);
    expect(engine.takeKept()).toEqual([]);
    for (const one of [engine, followed.engine]) one.passTime(after(1000, history.now), { including: true });
    expect(engine.takeKept()).toEqual(followed.engine.takeKept());
  });

  test('tells which ticks were given up, where all were', () => {
    const [ticks, again] = [new Ticks(), new Ticks()];
    for (let count = 0; count < 1000; count += 1) ticks.push({ at: start, changed: 'documents' });
    ticks.forget(Date.parse(start));
    const place = { lane: 'applied', judged: 'all', seq: 0, recordedAt: start, passed: start } as const;
    const texts = new HandedOut().take(ticks.takeKept(), place);
    again.goOnFrom(new KeptParts(texts.map(([key, text]) => [key, text ?? ''] as const)));
    expect([again.now, again.oldest]).toEqual([1000, 1000]);
    expect([...again.takeKept()]).toEqual([['ticks', '1000']]);
  });

  test('of an engine that came to nothing, it is the head and no more', () => {
    const kept = keptOf(new History());
    expect([...kept.keys()]).toEqual(['ticks', 'engine']);
    expect(resumed(kept, new History()).next).toBeUndefined();
  });
});

describe('an engine does not go on', () => {
  const history = handedOver();
  const kept = keptOf(history);

  function reason(texts: Kept, of: Parameters<typeof resumed>[2] = {}): string {
    try {
      resumed(texts, history, of);
      return 'goes on';
    } catch (error) {
      if (error instanceof KeptRefused) return error.message.replace(/^.*gone on from: /, '');
      throw error;
    }
  }

  test('from anything that is not whole', () => {
    expect(reason(kept)).toBe('goes on');
    for (const key of kept.keys()) {
      const less = new Map([...kept].filter(([other]) => other !== key));
      expect(reason(less), key).toBe(key === 'engine' ? 'nothing says where it was' : 'it is not whole');
      const other = new Map([...kept, [key, kept.get(key)?.replace(/\d/, '7') ?? '']]);
      if (other.get(key) !== kept.get(key)) expect(reason(other), key).not.toBe('goes on');
    }
    const twice = [...kept, ...[...kept].filter(([key]) => key === 'tick 1')];
    expect(() => digestOfKept(twice)).toThrow('there is tick 1');
  });

  test('at another entry, in another lane, or by a clock', () => {
    const place = `it is of entry ${String(history.seq)} of ${history.now}, and not of`;
    const before = history.stateAfter(history.batches.length - 2);
    expect(reason(kept, { state: before })).toBe(`${place} ${String(before.seq)} of ${before.recordedAt}`);
    const other = new IsolationState();
    for (const { entries, last } of history.batches)
      other.follow({ entries, last, recordedAt: after(1, history.now) });
    expect(reason(kept, { state: other })).toBe(`${place} ${String(history.seq)} of ${other.recordedAt}`);
    expect(reason(kept, { lane: 'intended' })).toBe('it is of the applied lane');
    expect(reason(kept, { state: history.state(history.now) })).toBe(
      'a ledger ahead of a clock is judged otherwise',
    );
  });

  test('from another format', () => {
    const head = kept.get('engine') ?? '';
    expect(reason(new Map([...kept, ['engine', head.replace('[1,', '[2,')]]))).toBe('its format is 2, not 1');
    expect(reason(new Map([...kept, ['engine', '{']]))).toBe('nothing is kept as "{"');
    expect(reason(new Map([...kept, ['limit 1', '[]']]))).toBe('there is limit 1');
  });

  test('with all pairs, where some were judged', () => {
    const isJudged = only([{ from: 'a/s', to: 'b/s' }]).pair;
    const followed = new FollowedEngine((look) => new Engine('applied', look, isJudged));
    for (const batch of history.batches) followed.engine.follow(batch);
    followed.keep();
    expect(reason(followed.kept)).toBe('it knows some pairs only');
    const from = { state: history.state(), kept: followed.kept, isJudged: allPairs.pair };
    expect(() => Engine.resumed('applied', () => undefined, from)).not.toThrow();
  });

  test.for([
    ['port hv-9 vm-9', '[[1,null]]', 'no document ever named hv-9 vm-9'],
    ['port hv-1 vm-a1', '[[1,["person","n","e",[],true]]]', 'nothing is kept as "person"'],
    ['port hv-1 vm-a1', '7', 'nothing is kept as 7'],
    ['ticks', '"1"', 'nothing is kept as "1"'],
    ['tick 1', '[1,"held"]', 'nothing is kept as 1'],
    ['pair a/s b/s', '[[],[],[[1,[[],[],[],0,false]]],[]]', 'nothing is kept as 0'],
  ] as const)('from %s as %s', ([key, text, expected]) => {
    expect(reason(sealed(new Map([...kept, [key, text]])))).toBe(expected);
  });
});

/** What a mutation makes of a text; the same text where it is of something else. */
type Mutation = (key: string, text: string) => string | undefined;

/** One of the parts of a kept text is another one. */
function withPart(start: string, index: number, change: (part: unknown) => unknown): Mutation {
  return (key, text) => {
    if (!key.startsWith(start)) return text;
    return JSON.stringify(read(text, readParts).map((part, at) => (at === index ? change(part) : part)));
  };
}

function lastOf(list: unknown): unknown {
  return Array.isArray(list) ? list.slice(-1) : list;
}

const mutations: Readonly<Record<string, Mutation>> = {
  'findings of pairs': withPart('pair ', 0, () => []),
  'what was authorised': withPart('pair ', 1, () => []),
  'what was authorised before': withPart('pair ', 1, lastOf),
  'what was open': withPart('pair ', 2, () => []),
  'what was open before': withPart('pair ', 2, lastOf),
  'limits to come': withPart('pair ', 3, () => []),
  'former holders of ports': (key, text) =>
    key.startsWith('port ') ? JSON.stringify(read(text, readParts).slice(-1)) : text,
  ports: (key, text) => (key.startsWith('port ') ? undefined : text),
  'the first tick': (key, text) => (key === 'tick 1' ? undefined : text),
  'what ticks changed': withPart('tick ', 1, () => 'nothing'),
  'when ticks were': withPart('tick ', 0, () => '2020-01-01T00:00:00.000Z'),
  'the numbers of ticks': (key, text) => (key === 'ticks' ? '7' : text),
  'the instant': withPart('engine', 5, () => '2020-01-01T00:00:00.000Z'),
};

/** All that is told from a batch on, by an engine that goes on from there. */
function toldFrom(kept: Kept, history: History, count: number): unknown {
  const state = history.stateAfter(count - 1);
  const followed = new FollowedEngine((look) => Engine.resumed('applied', look, { state, kept }));
  const told = [followed.told()];
  for (const batch of history.batches.slice(count)) {
    followed.engine.follow(batch);
    told.push(followed.told());
  }
  followed.engine.passTime(after(70, history.now), { including: true });
  return [...told, followed.told()];
}

/** True if an engine tells something else from a batch on, or does not go on at all. */
function isNoticed(mutation: Mutation, history: History, count: number): boolean {
  const kept = keptOf(history, 'applied', count);
  const texts = new Map<string, string>();
  for (const [key, text] of kept) {
    const changed = mutation(key, text);
    if (changed !== undefined) texts.set(key, changed);
  }
  try {
    return !isDeepStrictEqual(toldFrom(sealed(texts), history, count), toldFrom(kept, history, count));
  } catch (error) {
    if (error instanceof KeptRefused) return true;
    throw error;
  }
}

test.for(Object.entries(mutations))('without %s an engine would go on otherwise', ([, mutation]) => {
  for (let seed = 0; seed < 60; seed += 1) {
    const { history } = seesawTale(new Dice(seed));
    for (const count of [4, 8, 12]) if (isNoticed(mutation, history, count)) return;
  }
  expect.unreachable('nobody notices');
});
