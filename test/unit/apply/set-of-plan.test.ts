import { expect, it } from 'vitest';
import { digestOfObjects, objectsByKey, type OverlayObject } from '../../../events/overlay-objects.ts';
import { appliedShard, emptyApplied, foldApplied } from '../../../projections/applied/applied.ts';
import { setOfPlan } from '../../../src/apply/drive/set-of-plan.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';

const routes = [1, 2, 3].map((to): OverlayObject => ({ kind: 'route', from: 9, to }));

it('is the set of the last plan, and none once there is a later one', () => {
  const applied = emptyApplied();
  const plan = (number: number, put: OverlayObject[]): void => {
    const digest = digestOfObjects([]);
    const data = { shard: 'east', plan: number, basis: 0, before: digest, after: digest, put, removed: [] };
    foldApplied(applied, { type: 'ChangePlanned', data });
  };
  plan(1, routes.slice(0, 2));
  const set = setOfPlan(appliedShard(applied, 'east'));
  const expected = objectsByKey(routes.slice(0, 2));
  expect([new Map(set), new Map(set.entries()), set.size]).toEqual([expected, expected, 2]);
  expect([[...set.keys()], [...set.values()]]).toEqual([[...expected.keys()], [...expected.values()]]);
  expect([set.has('route/9/1'), set.get('route/9/1'), set.has('route/9/3')]).toEqual([
    true,
    routes[0],
    false,
  ]);
  const visited: unknown[] = [];
  set.forEach((object, key, of) => visited.push([key, object, of === set]));
  expect(visited).toEqual([...expected].map(([key, object]) => [key, object, true]));
  plan(2, routes.slice(2));
  const uses = [
    () => set.get('route/9/1'),
    () => set.has('route/9/1'),
    () => set.size,
    () => [...set],
    () => set.keys(),
    () => set.values(),
  ];
  for (const use of uses) expect(use).toThrow(OverlayUnavailable);
});
