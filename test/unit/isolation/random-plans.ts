import fc from 'fast-check';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { PlanLog } from '../../../projections/isolation/hosts/plans.ts';
import { randomObject, randomSet } from '../../support/random-sets.ts';

/** One part of a plan. What it removes is told by places in the set before it, and whether it comes back with it. */
interface RandomPart {
  readonly put: readonly OverlayObject[];
  readonly removed: readonly number[];
  readonly again: boolean;
}

const randomPart: fc.Arbitrary<RandomPart> = fc.record({
  put: fc.array(randomObject, { maxLength: 3 }),
  removed: fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
  again: fc.boolean(),
});

/** A plan, in parts; who asks after each part; and how many of the oldest plans are given up after it. */
export interface RandomPlan {
  readonly parts: readonly RandomPart[];
  readonly ask: 'nothing' | 'last' | 'all';
  readonly forgotten: number;
}

export const randomPlans: fc.Arbitrary<readonly RandomPlan[]> = fc
  .tuple(
    randomSet,
    fc.array(
      fc.record({
        parts: fc.array(randomPart, { minLength: 1, maxLength: 2 }),
        ask: fc.constantFrom('nothing', 'last', 'all'),
        forgotten: fc.oneof(
          { weight: 3, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.nat({ max: 4 }) },
        ),
      }),
      { maxLength: 12, size: 'max' },
    ),
  )
  .map(([put, plans]) => [
    { parts: [{ put, removed: [], again: false }], ask: 'last', forgotten: 0 },
    ...plans,
  ]);

/** The sets of one shard's plans, in a log and as plain lists. */
export class PlansWithSets {
  readonly log = new PlanLog();
  /** By plan, those that are kept. */
  readonly sets = new Map<number, readonly OverlayObject[]>([[0, []]]);
  readonly #shard: string;

  constructor(shard = 'east') {
    this.#shard = shard;
  }

  /** Records a part of a plan. */
  take(plan: number, { put, removed, again }: RandomPart): void {
    const before = objectsByKey(this.sets.get(plan) ?? this.sets.get(plan - 1) ?? []);
    const keys = [...before.keys()];
    const gone = removed.map((place) => keys[place] ?? 'route/0/0');
    const back = again ? gone.map((key) => before.get(key)).filter((object) => object !== undefined) : [];
    const after = new Map(before);
    for (const key of gone) after.delete(key);
    for (const object of [...put, ...back]) after.set(keyOf(object), object);
    this.sets.set(plan, [...after.values()]);
    const digests = { before: '', after: '' };
    this.log.take({ shard: this.#shard, plan, basis: 0, put: [...put, ...back], removed: gone, ...digests });
  }

  /** Gives up the oldest ones. */
  forget(count: number): void {
    const oldest = [...this.sets.keys()].slice(0, count + 1).at(-1) ?? 0;
    this.log.forget(oldest);
    for (const plan of this.sets.keys()) if (plan < oldest) this.sets.delete(plan);
  }
}
