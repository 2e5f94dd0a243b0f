import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../events/codec/canonical.ts';
import {
  bucketOf,
  digestOfObjects,
  keyOf,
  objectsByKey,
  type OverlayObject,
} from '../../../events/overlay-objects.ts';
import { SetDigest } from '../../../events/set-digest.ts';
import { samples } from './samples.ts';

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The digest as its description says, step by step. */
function plain(objects: Iterable<OverlayObject>): string {
  const members = [...objectsByKey(objects)].sort(([a], [b]) => (a < b ? -1 : 1));
  const buckets = Array.from({ length: 4096 }, (_, number) =>
    members
      .filter(([key]) => Number.parseInt(sha256(key).slice(0, 3), 16) === number)
      .map(([, object]) => sha256(canonicalText(object)))
      .join(''),
  );
  return sha256(
    buckets
      .filter((digests) => digests !== '')
      .map(sha256)
      .join(''),
  );
}

const route = fc
  .record({ from: fc.integer({ min: 1, max: 12 }), to: fc.integer({ min: 1, max: 12 }) })
  .map(({ from, to }): OverlayObject => ({ kind: 'route', from, to }));
/** Objects of few keys, with several values each. */
const qos = fc
  .record({ endpoint: fc.constantFrom('a/1', 'a/2', 'b/1'), egress: fc.constantFrom('1', '2', '3') })
  .map(({ endpoint, egress }): OverlayObject => ({ kind: 'qos', endpoint, egress }));
const objects = fc.array(fc.oneof(route, qos), { maxLength: 40 });

/** Two objects of one bucket: its members of a bucket count together. */
const neighbours: readonly OverlayObject[] = [
  { kind: 'route', from: 1, to: 30 },
  { kind: 'route', from: 1, to: 128 },
];

describe('the digest of a set', () => {
  it('is that of the vectors, which another program may check itself against', () => {
    const planned = samples.ChangePlanned;
    if (planned.type !== 'ChangePlanned') throw new Error('another sample');
    const network: OverlayObject = { kind: 'network', vni: 5000, segment: 'acme/web' };
    const vectors = [
      { set: [], digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      { set: [network], digest: '9728e71f4acd9952729b3d70b16e5138a73ea1fd309d98edbef056a80ca66fae' },
      { set: neighbours, digest: '6fe8850dc0154d6092a8ca9b315882d1dbe601368625448b8fe540f5b82e9898' },
      { set: planned.data.put, digest: '1c22c48dc0448565acd6b5437ffd26951c3bb39d282247fc1716066b77785f51' },
    ];
    for (const { set, digest } of vectors) {
      expect(digestOfObjects(set)).toBe(digest);
      expect(SetDigest.of(set).value()).toBe(digest);
      expect(plain(set)).toBe(digest);
    }
    expect(neighbours.map(keyOf).map(bucketOf)).toEqual([1766, 1766]);
  });

  it('does not depend on order or doubles, and of two objects with one key the later counts', () => {
    fc.assert(
      fc.property(objects, (set) => {
        const digest = plain(set);
        const members = [...objectsByKey(set).values()];
        for (const same of [
          set,
          members,
          members.toReversed(),
          [...members, ...members],
          [...set, ...members],
        ]) {
          expect(digestOfObjects(same)).toBe(digest);
          expect(SetDigest.of(same).value()).toBe(digest);
        }
      }),
    );
  });

  it('is never that of another set', () => {
    fc.assert(
      fc.property(objects, objects, (one, other) => {
        const isSame = canonicalText(sorted(one)) === canonicalText(sorted(other));
        expect(SetDigest.of(one).value() === SetDigest.of(other).value()).toBe(isSame);
        expect(digestOfObjects(one) === digestOfObjects(other)).toBe(isSame);
      }),
    );
    // Every set of small ones, in which objects share a bucket, or a key.
    const pieces: readonly OverlayObject[] = [
      ...neighbours,
      { kind: 'qos', endpoint: 'a/1' },
      { kind: 'qos', endpoint: 'a/1', egress: '1' },
      { kind: 'network', vni: 1, segment: 'a/s' },
      { kind: 'network', vni: 1, segment: 'b/s' },
    ];
    const sets = Array.from({ length: 2 ** pieces.length }, (_, bits) =>
      pieces.filter((_piece, at) => (bits >> at) % 2 === 1),
    );
    const different = new Set(sets.map((set) => canonicalText(sorted(set))));
    expect(new Set(sets.map((set) => digestOfObjects(set))).size).toBe(different.size);
    expect(new Set(sets.map((set) => SetDigest.of(set).value())).size).toBe(different.size);
  });
});

function sorted(objectsOfSet: readonly OverlayObject[]): OverlayObject[] {
  return [...objectsByKey(objectsOfSet)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

describe('a digest that follows its set', () => {
  const change = fc.record({ put: objects, removed: fc.array(fc.oneof(route, qos).map(keyOf)) });

  it('is the plain digest after any changes, whether it foresees them or follows them', () => {
    fc.assert(
      fc.property(objects, fc.array(change, { maxLength: 8 }), (first, changes) => {
        const set = objectsByKey(first);
        const digest = SetDigest.of(first);
        for (const step of changes) {
          const before = new Map(set);
          const was = digest.value();
          const foreseen = digest.after(step, before);
          expect(digest.value()).toBe(was);
          for (const key of step.removed) set.delete(key);
          for (const [key, object] of objectsByKey(step.put)) set.set(key, object);
          expect(foreseen).toBe(digestOfObjects(set.values()));
          const copy = digest.copy();
          copy.apply(step, before);
          expect(digest.value()).toBe(was);
          digest.apply(step, set);
          expect([digest.value(), copy.value()]).toEqual([foreseen, foreseen]);
        }
      }),
    );
  });

  it('begins and ends with that of the empty set', () => {
    const digest = SetDigest.empty();
    expect(digest.value()).toBe(digestOfObjects([]));
    digest.apply({ put: neighbours, removed: [] }, new Map());
    digest.apply({ put: [], removed: neighbours.map(keyOf) }, new Map());
    expect(digest.value()).toBe(digestOfObjects([]));
  });

  it('fails where the set does not have the members of a bucket that is touched', () => {
    const [one, other] = neighbours;
    if (one === undefined || other === undefined) throw new Error('no neighbours');
    const digest = SetDigest.of([one]);
    expect(() => digest.after({ put: [other], removed: [] }, new Map())).toThrow(TypeError);
  });
});
