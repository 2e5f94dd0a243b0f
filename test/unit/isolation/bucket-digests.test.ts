import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOfObjects, keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { BucketDigests } from '../../../projections/isolation/hosts/bucket-digests.ts';
import { PlanLog } from '../../../projections/isolation/hosts/plans.ts';

/** Few keys of several values; the routes from 1 to 30 and to 128 are in one bucket. */
const object = fc.oneof(
  fc.constantFrom<OverlayObject>(
    { kind: 'route', from: 1, to: 30 },
    { kind: 'route', from: 1, to: 128 },
    { kind: 'route', from: 2, to: 1 },
  ),
  fc
    .record({ endpoint: fc.constantFrom('a/1', 'b/1'), egress: fc.constantFrom('1', '2') })
    .map(({ endpoint, egress }): OverlayObject => ({ kind: 'qos', endpoint, egress })),
);
const part = fc.record({
  put: fc.array(object, { maxLength: 6 }),
  removed: fc.array(object.map(keyOf), { maxLength: 4 }),
});
const steps = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { maxLength: 6 });

function carriedOut(
  set: ReadonlyMap<string, OverlayObject>,
  parts: readonly { put: OverlayObject[]; removed: string[] }[],
): Map<string, OverlayObject> {
  const after = new Map(set);
  for (const { put, removed } of parts) {
    for (const key of removed) after.delete(key);
    for (const [key, value] of objectsByKey(put)) after.set(key, value);
  }
  return after;
}

describe("the verifier's digests of sets", () => {
  it('are those that a set has, step by step, and a step changes no earlier ones', () => {
    fc.assert(
      fc.property(fc.array(object), steps, (first, plans) => {
        let set = objectsByKey(first);
        let digests = BucketDigests.of(first);
        const seen = [{ digests, digest: digestOfObjects(first) }];
        for (const parts of plans) {
          set = carriedOut(set, parts);
          digests = digests.after(parts);
          seen.push({ digests, digest: digestOfObjects(set.values()) });
        }
        expect(seen.map((one) => one.digests.digest())).toEqual(seen.map(({ digest }) => digest));
      }),
    );
  });

  it('tell a flaw in a plan exactly where its set has another digest, whenever sets are asked about or given up', () => {
    const isWrong = fc.boolean();
    const ask = fc.constantFrom('nothing', 'last', 'all', 'forget');
    fc.assert(
      fc.property(fc.array(fc.record({ parts: fc.array(part, { minLength: 1 }), isWrong, ask })), (plans) => {
        const log = new PlanLog();
        let set: ReadonlyMap<string, OverlayObject> = new Map();
        let before = digestOfObjects([]);
        const wrong: number[] = [];
        for (const [index, next] of plans.entries()) {
          const plan = index + 1;
          set = carriedOut(set, next.parts);
          const after = next.isWrong ? 'ab'.repeat(32) : digestOfObjects(set.values());
          if (next.isWrong) wrong.push(plan);
          for (const { put, removed } of next.parts) {
            log.take({ shard: 'east', plan, basis: 0, put, removed, before, after });
            if (next.ask === 'last') log.flawsOf(plan);
          }
          before = after;
          if (next.ask === 'forget') log.forget(plan - 1);
          const asked = next.ask === 'all' ? log.between(0, plan) : [];
          expect(asked.filter((one) => log.flawsOf(one).length > 0)).toEqual(
            wrong.filter((one) => asked.includes(one)),
          );
        }
        const left = log.between(0, plans.length);
        expect(left.filter((one) => log.flawsOf(one).length > 0)).toEqual(
          wrong.filter((one) => left.includes(one)),
        );
      }),
    );
  });
});
