import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allPairs } from '../../../projections/isolation/judging/contacts.ts';
import { findingKey } from '../../../projections/isolation/judging/findings.ts';
import { judge, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import { WindowSearch } from '../../../projections/isolation/history/window-search.ts';
import { bound, external, host, policy, shard } from './documents.ts';
import { after, History, start } from './history.ts';
import { Dice } from './random-estate.ts';
import { carriedOut, documents, hosts, objects } from './small-estate.ts';
import { randomTale } from './tales.ts';
import { acls, altered, routes } from './wiring.ts';

const scale = Number(process.env['ISOLEDGER_RUNS'] ?? 1);

/** Openings as `finding key: type seq time`, at the history's now. */
function openings(history: History, lane: Lane): string[] {
  const found = judge(lane, { state: history.state(), instant: history.now, wanted: allPairs });
  const search = new WindowSearch(found, lane);
  for (const batch of history.batches) search.follow(batch);
  const opened = search.openingsAt(history.now);
  return found.map((finding) => {
    const { type, seq, time } = opened.get(findingKey(finding)) ?? {};
    return `${findingKey(finding)}: ${String(type)} ${String(seq)} ${String(time)}`;
  });
}

const revoked = altered(objects, (object) => (object.kind === 'acl' && object.to === 'b/s' ? [] : object));

describe('since when something has been so', () => {
  test('given a leak that a plan opened, it is the plan, since a host may have carried it out from then on', () => {
    const history = carriedOut().wait(10);
    const leak = [...objects, ...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'any' })];
    history.plan(leak).wait(5).acknowledge(['hv-1']).wait(5);
    expect(openings(history, 'applied')).toEqual([`isolation a/s c/s: ChangePlanned 15 ${after(10)}`]);
  });

  test('given a revocation that nobody carried out, it is pending from the revocation, and late by the clock', () => {
    const history = carriedOut().wait(10).record(policy('b', {})).wait(59);
    expect(openings(history, 'applied')).toEqual([
      `pending-revocation a/s b/s: PolicyEnacted 15 ${after(10)}`,
      `pending-revocation x b/s: PolicyEnacted 15 ${after(10)}`,
    ]);
    expect(openings(history.wait(100), 'applied')).toEqual([
      `isolation a/s b/s: TimeBound null ${after(70)}`,
      `isolation x b/s: TimeBound null ${after(70)}`,
    ]);
  });

  test('given a rule that lapsed by the clock, the clock opened the window', () => {
    const timed = policy('b', { ingress: [{ source: '*', expires: bound(after(20)) }] });
    const history = carriedOut().wait(10).record(timed).wait(15);
    expect(openings(history, 'applied')).toContain(`pending-revocation a/s b/s: TimeBound null ${after(20)}`);
  });

  test('given something that was mended and broke again, only the last break counts', () => {
    const history = carriedOut().wait(10);
    history.plan(revoked).acknowledge(['hv-1', 'hv-2']).wait(10).plan(objects).acknowledge(['hv-1', 'hv-2']);
    history.wait(10).plan(revoked).wait(10);
    expect(openings(history, 'applied')).toEqual([
      `missing a/s b/s: ChangePlanned 21 ${after(30)}`,
      `missing x b/s: ChangePlanned 21 ${after(30)}`,
    ]);
  });

  test('given a change of classification, the intended lane names it', () => {
    const history = carriedOut()
      .wait(10)
      .record(external('x', { classification: 'public' }));
    expect(openings(history, 'intended')).toEqual([
      `classification a/s x: ExternalRegistered 15 ${after(10)}`,
      `classification x b/s: ExternalRegistered 15 ${after(10)}`,
    ]);
  });

  test('given random histories, equals judging everything at every half second', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { history } = randomTale(new Dice(seed, ['tcp', 'tcp', 'icmp', 'any']));
        const found = judge('applied', { state: history.state(), instant: history.now, wanted: allPairs });
        const search = new WindowSearch(found, 'applied');
        for (const batch of history.batches) search.follow(batch);
        const opened = search.openingsAt(history.now);
        const times = found.map((finding) => [findingKey(finding), opened.get(findingKey(finding))?.time]);
        const scanned = scan(history);
        expect(times).toEqual(
          found.map((finding) => [findingKey(finding), scanned.get(findingKey(finding))]),
        );
      }),
      { numRuns: 25 * scale },
    );
  });
});

/** Since which half second each finding has been there, looking at all of them and at every batch. */
function scan(history: History): Map<string, string> {
  const since = new Map<string, string>();
  const look = (state: ReturnType<History['state']>, instant: string): void => {
    const keys = judge('applied', { state, instant, wanted: allPairs }).map(findingKey);
    for (const key of since.keys()) if (!keys.includes(key)) since.delete(key);
    for (const key of keys) if (!since.has(key)) since.set(key, instant);
  };
  history.batches.forEach(({ recordedAt }, index) => {
    const state = history.stateAfter(index);
    const until = history.batches[index + 1]?.recordedAt ?? after(0.5, history.now);
    look(state, recordedAt);
    for (let instant = after(0.5, recordedAt); instant < until; instant = after(0.5, instant))
      look(state, instant);
  });
  return since;
}

test('given a limit of a shard other than the default, it is that one that counts', () => {
  const history = carriedOut()
    .wait(10)
    .record(shard('east', { revocationLimitSeconds: 5 }), policy('b', {}));
  expect(openings(history.wait(4.999), 'applied')[0]).toMatch(/^pending-revocation /);
  expect(openings(history.wait(0.001), 'applied')[0]).toBe(`isolation a/s b/s: TimeBound null ${after(15)}`);
});

test('given hosts of two shards, the smaller limit counts', () => {
  const history = carriedOut()
    .record(shard('west', { revocationLimitSeconds: 5 }), host('hv-2', '172.31.0.2', 'west'))
    .record(policy('b', {}))
    .wait(10);
  const kinds = openings(history, 'applied').map((line) => line.split(':')[0]);
  expect(kinds).toContain('isolation a/s b/s');
  expect(kinds).toContain('pending-revocation a/s b/s');
  expect(history.batches.every(({ recordedAt }) => recordedAt === start)).toBe(true);
});

test('given a shard that no document names, the default limit counts, and an empty batch changes nothing', () => {
  const history = new History()
    .record(...documents.filter(({ type }) => type !== 'ShardRegistered'))
    .plan(objects)
    .acknowledge(hosts)
    .record(policy('b', {}))
    .wait(59);
  expect(openings(history, 'applied')[0]).toMatch(/^pending-revocation /);
  history.batches.push({ entries: [], last: history.seq, recordedAt: history.now });
  expect(openings(history.wait(1), 'applied')[0]).toBe(`isolation a/s b/s: TimeBound null ${after(60)}`);
});
