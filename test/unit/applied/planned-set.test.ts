import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import {
  appliedShard,
  changeSince,
  emptyApplied,
  foldApplied,
  type AppliedShard,
} from '../../../projections/applied/applied.ts';
import { PlanChanges, type Former } from '../../../projections/applied/plan-changes.ts';
import { SetDigest } from '../../../events/set-digest.ts';
import { PlannedSet } from '../../../projections/applied/planned-set.ts';
import { expectedOf, PlannedAnew } from '../../../src/apply/drive/expected-set.ts';

const network = fc
  .record({ vni: fc.integer({ min: 1, max: 4 }), segment: fc.constantFrom('a/s', 'a/t', 'b/s', 'internet') })
  .map(({ vni, segment }): OverlayObject => ({ kind: 'network', vni, segment }));
const qos = fc
  .record({ endpoint: fc.constantFrom('a/1', 'a/2', 'b/1'), egress: fc.constantFrom('1', '2') })
  .map(({ endpoint, egress }): OverlayObject => ({ kind: 'qos', endpoint, egress }));
const object = fc.oneof(network, qos);
const objects = fc.array(object, { maxLength: 12 });

/** A plan in one or two parts, as a large one comes; or a host that acknowledges the last plan but `behind`. */
const part = fc.record({ put: objects, removed: fc.array(object.map(keyOf), { maxLength: 6 }) });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ parts: fc.array(part, { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ host: fc.constantFrom('h', 'i'), behind: fc.nat({ max: 3 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A shard, and the set of each of its plans. */
class Planning {
  readonly applied = emptyApplied();
  readonly sets: ReadonlyMap<string, OverlayObject>[] = [new Map()];
  /** Up to this plan every host had come with its acknowledgement. */
  oldest = 0;

  take(next: Step): void {
    const plan = this.sets.length - 1;
    if ('parts' in next) this.#plan(plan + 1, next.parts);
    else this.#acknowledge(next.host, Math.max(plan - next.behind, 0));
  }

  get shard(): AppliedShard {
    return appliedShard(this.applied, 'east');
  }

  #plan(plan: number, parts: readonly { put: OverlayObject[]; removed: string[] }[]): void {
    const set = new Map(this.sets.at(-1));
    const digests = { before: digestOfObjects(set.values()), after: 'ab'.repeat(32) };
    for (const { put, removed } of parts) {
      for (const key of removed) set.delete(key);
      for (const [key, value] of objectsByKey(put)) set.set(key, value);
      const data = { shard: 'east', plan, basis: 0, put, removed, ...digests };
      foldApplied(this.applied, { type: 'ChangePlanned', data });
    }
    this.sets.push(set);
  }

  #acknowledge(host: string, plan: number): void {
    if (plan === 0) return;
    const evidence = { driver: 'embedded', objects: 1 };
    const data = { shard: 'east', host, plan, digest: 'ab'.repeat(32), seenWhole: null, evidence };
    foldApplied(this.applied, { type: 'ChangeApplied', data });
    this.oldest = Math.max(this.oldest, Math.min(...Array.from(this.shard.hosts.values(), (at) => at.plan)));
  }
}

describe('the planned set of a shard', () => {
  it('has the digest and the networks of its objects, however it came to be, and whenever it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 12 }), (steps) => {
        const planning = new Planning();
        for (const [next, isAsked] of steps) {
          planning.take(next);
          if (isAsked) told(planning.shard.set);
        }
        const { set } = planning.shard;
        const kept = PlannedSet.of(set.keep());
        expect(kept.objects).toEqual(set.objects);
        for (const same of [set, kept]) {
          expect(told(same)).toEqual(plainly(planning.sets.at(-1) ?? new Map()));
        }
      }),
    );
  });

  it('that was kept goes on as the one that was not', () => {
    fc.assert(
      fc.property(objects, part, (first, { put, removed }) => {
        const sets = [PlannedSet.empty(), PlannedSet.empty()].map((set) => {
          for (const value of first) set.put(value);
          return set;
        });
        const [uninterrupted, interrupted] = sets;
        const resumed = interrupted && PlannedSet.of(interrupted.keep());
        for (const set of [uninterrupted, resumed]) {
          for (const key of removed) set?.remove(key);
          for (const value of put) set?.put(value);
        }
        expect(resumed && told(resumed)).toEqual(uninterrupted && told(uninterrupted));
      }),
    );
  });
});

/** The digest and the networks of a set, as it tells them. */
function told(set: PlannedSet): object {
  return {
    digest: set.digest().value(),
    all: [...set.networks()].map(keyOf).sort(),
    of: ['a', 'b', 'internet', 'nobody'].map((holder) => Array.from(set.networksOf(holder), keyOf).sort()),
  };
}

function plainly(set: ReadonlyMap<string, OverlayObject>): object {
  const networks = [...set.values()].filter(({ kind }) => kind === 'network').map(keyOf);
  return {
    digest: digestOfObjects(set.values()),
    all: networks.sort(),
    of: ['/a/', '/b/', '/internet', '/nobody'].map((mark) => networks.filter((key) => key.includes(mark))),
  };
}

describe('the change since a plan', () => {
  it('leads from the set of that plan to the last one, back to the oldest that some host acknowledged', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const planning = new Planning();
        for (const next of steps) planning.take(next);
        const { shard, sets, oldest } = planning;
        for (const [plan, set] of sets.entries()) {
          const change = changeSince(shard, plan);
          if (change === undefined) {
            expect(plan).toBeLessThan(oldest);
            continue;
          }
          const reached = new Map(set);
          for (const key of change.removed) reached.delete(key);
          for (const value of change.put) reached.set(keyOf(value), value);
          expect(reached).toEqual(sets.at(-1));
          const touched = [...change.removed, ...change.put.map(keyOf)];
          expect(change.former).toEqual(new Map(touched.map((key) => [key, set.get(key)])));
        }
        expect(changeSince(shard, sets.length - 1)).toEqual({ put: [], removed: [], former: new Map() });
        expect(changeSince(shard, sets.length)).toBeUndefined();
      }),
    );
  });

  it('names only what was touched since, sorted by key', () => {
    const planning = new Planning();
    const networks = [3, 1, 2].map((vni): OverlayObject => ({ kind: 'network', vni, segment: 'a/s' }));
    for (const value of networks) planning.take({ parts: [{ put: [value], removed: [] }] });
    planning.take({ parts: [{ put: [], removed: ['network/3/a/s', 'network/9/a/s'] }] });
    expect(changeSince(planning.shard, 1)).toEqual({
      put: [networks[1], networks[2]],
      removed: ['network/3/a/s', 'network/9/a/s'],
      former: new Map([
        ['network/1/a/s', undefined],
        ['network/2/a/s', undefined],
        ['network/3/a/s', networks[0]],
        ['network/9/a/s', undefined],
      ]),
    });
  });
});

describe('the sets of earlier plans', () => {
  it('are the folded ones, by their mark and to the digest, for as long as the change since is known', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const planning = new Planning();
        for (const next of steps) planning.take(next);
        const { shard, sets } = planning;
        const expected = expectedOf(shard);
        for (const [plan, set] of sets.entries()) {
          const digest = digestOfObjects(set.values());
          const found = expected.at({ plan, digest });
          if (changeSince(shard, plan) === undefined) {
            expect(found).toBeUndefined();
            continue;
          }
          expect(new Map(found?.objects)).toEqual(set);
          expect(found?.digest.value()).toBe(digest);
          expect(found?.digest.buckets()).toEqual(SetDigest.of(set.values()).buckets());
          expect(found?.at({ plan, digest })).toBe(found);
          expect(expected.at({ plan, digest: 'cd'.repeat(32) })).toBeUndefined();
        }
        expect(expected.at({ plan: sets.length, digest: digestOfObjects([]) })).toBeUndefined();
        expect(expected.digest.value()).toBe(digestOfObjects(shard.objects.values()));
      }),
    );
  });
});

describe('the set that hosts are compared with', () => {
  it('stays that of its plan where the shard is planned for again while hosts are read', () => {
    const steps = fc.array(step, { maxLength: 8 });
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (before, later, isUsedBefore) => {
        const planning = new Planning();
        for (const next of before) planning.take(next);
        const { shard, sets } = planning;
        const expected = expectedOf(shard);
        const [plan, set] = [sets.length - 1, sets.at(-1)];
        if (isUsedBefore) expect(new Map(expected.objects)).toEqual(set);
        for (const next of later) planning.take(next);
        const known = sets.map((one, at) => ({ plan: at, digest: digestOfObjects(one.values()) }));
        if (!isUsedBefore && changeSince(shard, plan) === undefined) {
          expect(() => expected.objects).toThrow(PlannedAnew);
          return;
        }
        expect(new Map(expected.objects)).toEqual(set);
        expect(expected.digest.value()).toBe(known[plan]?.digest);
        for (const mark of known) {
          const found = expected.at(mark);
          if (mark.plan > plan) expect(found).toBeUndefined();
          else if (found !== undefined) expect(new Map(found.objects)).toEqual(sets[mark.plan]);
        }
      }),
    );
  });
});

describe('what plans touched', () => {
  const objectAt = (to: number): OverlayObject => ({ kind: 'route', from: 1, to });
  /** So many objects that were replaced, and keys that were added, in turn. */
  const touched = (first: number, count: number): Former =>
    new Map(
      Array.from({ length: count }, (_, index) => first + index).map((at) => [
        keyOf(objectAt(at)),
        at % 2 === 0 ? objectAt(at) : undefined,
      ]),
    );

  it('is given up plan by plan, the oldest first, where it is more than half of the set', () => {
    const changes = new PlanChanges();
    changes.note(1, touched(0, 1000), { among: 1000 });
    changes.note(1, touched(1000, 1000), { among: 2000 });
    expect(changes.keep()).toEqual({ from: 1, plans: [] });
    changes.note(2, touched(0, 600), { among: 2000 });
    changes.note(3, touched(500, 400), { among: 2000 });
    expect([changes.since(0), changes.since(1)?.size, changes.since(2)?.size]).toEqual([undefined, 900, 400]);
    changes.note(4, touched(0, 1), { among: 2000 });
    expect([changes.since(1), changes.since(2)?.size, changes.since(4)?.size]).toEqual([undefined, 401, 0]);
  });

  it('is remembered in a small set, and is the same after it was kept', () => {
    const changes = new PlanChanges();
    changes.note(1, touched(0, 200), { among: 10 });
    changes.note(2, touched(0, 56), { among: 10 });
    const kept = new PlanChanges(changes.keep());
    expect([changes.since(0), kept.since(0)]).toEqual([touched(0, 200), touched(0, 200)]);
    for (const same of [changes, kept]) same.note(2, touched(56, 1), { among: 10 });
    const numbers = Array.from({ length: 57 }, (_, at) => at);
    const former = numbers.filter((at) => at % 2 === 0).map(objectAt);
    const added = numbers.filter((at) => at % 2 !== 0).map((at) => keyOf(objectAt(at)));
    for (const same of [changes, kept]) expect(same.keep()).toEqual({ from: 1, plans: [[2, former, added]] });
  });
});
