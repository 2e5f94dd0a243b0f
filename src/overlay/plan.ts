import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { dealOut } from '../../events/codec/parts.ts';
import { isEmpty, type Delta } from './delta.ts';

/** The fields of a ChangePlanned beside its objects. */
export type PlanHeader = Omit<EventData<'ChangePlanned'>, 'put' | 'removed'>;

/**
 * A plan as events of one batch: objects and keys dealt out in order, each part as full as it may be. An empty delta
 * gives no events.
 */
export function planEvents(header: PlanHeader, delta: Delta): DomainEvent[] {
  if (isEmpty(delta)) return [];
  return dealOut(delta).map((part) => ({ type: 'ChangePlanned', data: { ...header, ...part } }));
}
