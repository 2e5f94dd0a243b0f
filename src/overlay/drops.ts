import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { dealOut } from '../../events/codec/parts.ts';
import { dropsKey, type DropsBetween } from '../../events/observation.ts';
import type { DropCount } from './port.ts';

/** The counters of a host as they were observed last, by dropsKey. */
interface KnownCounters {
  readonly readAt: string;
  readonly counters: ReadonlyMap<string, { readonly total: number }>;
}

/** A counter that grew: by `packets`, to `total`. */
export interface GrownDrops extends DropsBetween {
  readonly packets: number;
  readonly total: number;
}

/**
 * Counters that are higher than they were observed before. One that is lower began anew: all of it is new. Counters of the same ends
 * and cause are one.
 */
export function grownDrops(
  known: KnownCounters | undefined,
  counts: readonly DropCount[],
): readonly GrownDrops[] {
  const totals = new Map<string, DropCount>();
  for (const { from, to, by, packets } of counts) {
    const key = dropsKey({ from, to, by });
    const sum = (totals.get(key)?.packets ?? 0) + packets;
    totals.set(key, { from, to, by, packets: Math.min(sum, Number.MAX_SAFE_INTEGER) });
  }
  return Array.from(totals).flatMap(([key, { packets: total, ...between }]) => {
    const before = known?.counters.get(key)?.total ?? 0;
    if (total === before || total === 0) return [];
    return [{ ...between, packets: total > before ? total - before : total, total }];
  });
}

/** What a host dropped since its counters were observed last, as events of one batch. None where no counter grew. */
export function dropsEvents(
  at: Pick<EventData<'DropsObserved'>, 'shard' | 'host' | 'readAt'>,
  known: KnownCounters | undefined,
  counts: readonly DropCount[],
): DomainEvent[] {
  const grown = grownDrops(known, counts);
  if (grown.length === 0) return [];
  const since = known?.readAt ?? null;
  return dealOut({ put: grown, removed: [] }).map(({ put: drops }) => ({
    type: 'DropsObserved',
    data: { ...at, since, drops },
  }));
}
