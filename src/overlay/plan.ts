import { canonicalBytes } from '../../events/canonical.ts';
import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import type { Delta } from './delta.ts';

type ChangePlanned = EventData<'ChangePlanned'>;

/** What a ChangePlanned says beside its objects. */
export type PlanHeader = Omit<ChangePlanned, 'put' | 'removed'>;

/** How many bytes of objects one part of a plan may hold: well below an entry's limit, envelope included. */
export const partBytesMax = 48 * 1024;

/** A plan as events of one batch: objects and keys dealt out in order, each part as full as it may be. */
export function planEvents(header: PlanHeader, delta: Delta): DomainEvent[] {
  const parts: { put: ChangePlanned['put']; removed: string[] }[] = [];
  let room = 0;
  const partFor = (item: unknown): { put: ChangePlanned['put']; removed: string[] } => {
    const bytes = canonicalBytes(item).length + 1;
    const last = parts.at(-1);
    if (last !== undefined && bytes <= room) {
      room -= bytes;
      return last;
    }
    room = partBytesMax - bytes;
    const part = { put: [], removed: [] };
    parts.push(part);
    return part;
  };
  for (const key of delta.removed) partFor(key).removed.push(key);
  for (const object of delta.put) partFor(object).put.push(object);
  return parts.map((part) => ({ type: 'ChangePlanned', data: { ...header, ...part } }));
}
