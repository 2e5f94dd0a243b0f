import fc from 'fast-check';
import { keyOf, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { PlanLog } from '../../../projections/isolation/hosts/plans.ts';
import {
  endsOfSets,
  hostsOfSets,
  randomObject,
  randomSet,
  tunnels,
  vnisOfSets,
} from '../../support/random-sets.ts';
import { acls, binding, network, tunnel } from './wiring.ts';

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

/** Plans after a first one that puts these objects. */
export function randomPlansAfter(put: readonly OverlayObject[]): fc.Arbitrary<readonly RandomPlan[]> {
  const plan = fc.record({
    parts: fc.array(randomPart, { minLength: 1, maxLength: 2 }),
    ask: fc.constantFrom('nothing', 'last', 'all'),
    forgotten: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.nat({ max: 4 }) },
    ),
  });
  return fc
    .array(plan, { minLength: 1, maxLength: 12, size: 'max' })
    .map((plans) => [{ parts: [{ put, removed: [], again: false }], ask: 'last', forgotten: 0 }, ...plans]);
}

export const randomPlans = randomSet.chain(randomPlansAfter);

/** Most of what it takes that everybody reaches everybody, and some random objects. */
export const wiredSet: fc.Arbitrary<OverlayObject[]> = fc
  .tuple(fc.shuffledSubarray(wholeMesh(), { minLength: 60 }), fc.array(randomObject, { maxLength: 12 }))
  .map((objects) => [...objectsByKey(objects.flat()).values()]);

function wholeMesh(): OverlayObject[] {
  const named = vnisOfSets.map((vni, index) => network(vni, endsOfSets[index] ?? ''));
  const joined = named.flatMap((from) => named.filter((to) => to !== from).map((to) => ({ from, to })));
  return [
    ...named,
    ...hostsOfSets.map((name, index) => tunnel(name, tunnels[index] ?? '')),
    ...joined.map(({ from, to }): OverlayObject => ({ kind: 'route', from: from.vni, to: to.vni })),
    ...joined.flatMap(({ from, to }) => acls({ from: from.segment, to: to.segment, protocol: 'any' })),
    ...hostsOfSets.map((name, index) => {
      const [vni = 0, segment = ''] = [vnisOfSets[index], endsOfSets[index]];
      const endpoint = index < 2 ? `${segment.split('/').at(0) ?? ''}/${'ab'.charAt(index)}` : 't2/a';
      return {
        ...binding(endpoint, { vni, host: name, ips: [`10.0.0.${String(index + 1)}`] }),
        interface: 'tap1',
      };
    }),
    ...(['out', 'wide'] as const).map((name, index) => {
      const [vni = 0, at = ''] = [vnisOfSets[index + 3], hostsOfSets[index]];
      return {
        ...binding(name, { vni, host: at, ips: [index === 0 ? '10.0.0.0/24' : '10.0.0.0/8'] }),
        interface: 'up',
      };
    }),
  ];
}

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
