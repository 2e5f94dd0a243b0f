import { digestOfObjects } from '../../events/overlay-objects.ts';
import { Fenced, MarkDiffers } from './faults.ts';
import type { HostChange, HostMark, Mark } from './port.ts';

const digestOfNothing = digestOfObjects([]);

/**
 * The fault of a host that refuses a plan by what it is marked with; undefined if it takes it. A plan that is known by
 * another digest was made in another history of the ledger, as where an older ledger was put back and went on. Nobody
 * misses a set without objects, as a retired host has it.
 */
export function fenceOf(
  host: string,
  { plan: held, digest }: Mark,
  { plan, history }: Pick<HostChange, 'plan' | 'history'>,
): Fenced | undefined {
  if (held > plan) return new Fenced({ host, plan, held, is: 'later' });
  const known = history?.get(held);
  const isOurs = known === undefined || digest === known || digest === digestOfNothing;
  return isOurs ? undefined : new Fenced({ host, plan, held, is: 'another' });
}

/** The fault of a host that refuses a change by its mark; undefined if it takes it. For drivers. */
export function refusalOf(
  host: string,
  mark: HostMark,
  change: HostChange,
): Fenced | MarkDiffers | undefined {
  const fence = mark.kind === 'marked' ? fenceOf(host, mark, change) : undefined;
  if (fence !== undefined) return fence;
  return leadsOnFrom(mark, change) ? undefined : new MarkDiffers(host, change.plan);
}

function leadsOnFrom(mark: HostMark, change: HostChange): boolean {
  const { from } = change;
  if (from === 'anything') return true;
  if (mark.kind !== 'marked') return mark.kind === from;
  return isSameMark(mark, change) || (from !== 'nothing' && isSameMark(mark, from));
}

/** Whether two marks name one plan with one set. */
export function isSameMark(one: Mark, other: Mark): boolean {
  return one.plan === other.plan && one.digest === other.digest;
}
