import type { EventData } from '../../events/catalogue.ts';
import { holderOf } from '../../events/names.ts';
import { dropsKey, type DropsBetween } from '../../events/observation.ts';
import type { PlannedSet } from './planned-set.ts';

/** A counter of dropped packets, as it was observed so far. */
export interface ObservedDrops extends DropsBetween {
  /** All packets that were observed to be dropped, also by what the counter was before it began anew. */
  readonly packets: number;
  /** The counter, as it was read last. */
  readonly total: number;
  /** When it was read last to have grown. */
  readonly grewAt: string;
}

/** The counters of dropped packets of a host, as far as they were observed. */
export interface HostDrops {
  /** When they were observed last. */
  readonly readAt: string;
  /** Those that ever grew, by dropsKey. */
  readonly counters: ReadonlyMap<string, ObservedDrops>;
}

/** The counters of a host after a later observation. It may be one of several events that tell of one reading. */
export function observedAfter(
  earlier: HostDrops | undefined,
  { readAt, drops }: Pick<EventData<'DropsObserved'>, 'readAt' | 'drops'>,
): HostDrops {
  const counters = new Map(earlier?.counters);
  for (const { from, to, by, packets, total } of drops) {
    const key = dropsKey({ from, to, by });
    const known = counters.get(key)?.packets ?? 0;
    counters.set(key, { from, to, by, packets: known + packets, total, grewAt: readAt });
  }
  return { readAt, counters };
}

/** The counters of a host once it holds a set: those of ends that have no network in it are gone. */
export function dropsWithin(set: PlannedSet, { readAt, counters }: HostDrops): HostDrops {
  const isThere = (end: string | null): boolean =>
    end === null || Array.from(set.networksOf(holderOf(end))).some(({ segment }) => segment === end);
  return {
    readAt,
    counters: new Map([...counters].filter(([, { from, to }]) => isThere(from) && isThere(to))),
  };
}
