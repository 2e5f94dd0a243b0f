import { digestOfObjects } from '../../events/overlay-objects.ts';
import { Fenced } from './faults.ts';
import type { HostState, HostTarget } from './port.ts';

const digestOfNothing = digestOfObjects([]);

/** The digest that a host is marked with when it is given a target. */
export function markOf({ plan, objects, history }: HostTarget): string {
  return history?.get(plan) ?? digestOfObjects(objects);
}

/**
 * The fault of a host that refuses a target by what it is marked with; undefined if it takes it. A plan that is known by
 * another digest was made in another history of the ledger, as where an older ledger was put back and went on. Nobody
 * misses a set without objects, as a retired host has it.
 */
export function fenceOf(
  host: string,
  { plan: held, marked }: Pick<HostState, 'plan' | 'marked'>,
  { plan, history }: Pick<HostTarget, 'plan' | 'history'>,
): Fenced | undefined {
  if (held > plan) return new Fenced({ host, plan, held, is: 'later' });
  const known = history?.get(held);
  const isOurs =
    known === undefined || marked === undefined || marked === known || marked === digestOfNothing;
  return isOurs ? undefined : new Fenced({ host, plan, held, is: 'another' });
}
