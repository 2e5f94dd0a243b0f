import type { AddressSet } from '../header-sets/addresses.ts';
import type { Box } from '../header-sets/boxes.ts';
import { addressesOf } from '../objects/reach.ts';
import * as intervals from '../header-sets/intervals.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { Pair } from '../pair.ts';
import type { Scene, Wanted } from './contacts.ts';
import type { Seat } from './seats.ts';

/** A port with a former holder, as its host may still hold it, and the addresses that the host takes for that one's. */
export interface FormerSeat {
  readonly seat: Seat;
  readonly addresses: AddressSet;
}

/** Packets, and those who held the two ports when the hosts were told of them. */
export interface ByHolders {
  readonly holders: Pair;
  readonly boxes: readonly Box[];
}

/** The former holders of a port for whom its host may hold it still, the last one first. */
export function formerSeats(
  seat: Seat,
  { delivery, state }: Pick<Scene, 'delivery' | 'state'>,
): FormerSeat[] {
  const ends = state.documents.formerEnds.get(seat.key) ?? [];
  if (ends.length === 0) return [];
  const found = new Map<string, FormerSeat & { readonly order: number }>();
  for (const view of delivery.viewsOf(seat.host)) {
    for (const binding of view.at(seat.key)) {
      for (const end of view.namesOf(binding.vni)) {
        if (end === seat.occupant.end || !ends.includes(end)) continue;
        const occupant = { ...seat.occupant, name: binding.endpoint, end };
        const addresses = addressesOf(binding);
        const order = ends.indexOf(end);
        found.set(`${end} ${binding.endpoint}`, { seat: { ...seat, occupant }, addresses, order });
      }
    }
  }
  return [...found.values()].sort((a, b) => b.order - a.order);
}

/**
 * Packets from seat to seat by those for whom the hosts may still hold the ports: those that pass as a former holder's come
 * first, and at the end all of them, as those of the two who sit there.
 */
export function byHolders(
  { from, to, boxes }: { readonly from: Seat; readonly to: Seat; readonly boxes: readonly Box[] },
  scene: Pick<Scene, 'delivery' | 'state'>,
): ByHolders[] {
  const waysOf = (seat: Seat): { readonly seat: Seat; readonly addresses?: AddressSet }[] => [
    ...formerSeats(seat, scene),
    { seat },
  ];
  return waysOf(from).flatMap((source) =>
    waysOf(to).map((target) => ({
      holders: { from: source.seat.occupant.end, to: target.seat.occupant.end },
      boxes: between(boxes, source.addresses, target.addresses),
    })),
  );
}

/** The packets of boxes from and to addresses; from and to all if left out. */
function between(
  boxes: readonly Box[],
  sources: AddressSet | undefined,
  targets: AddressSet | undefined,
): readonly Box[] {
  return boxes
    .map(({ src, dst, traffic }) => ({ src: within(src, sources), dst: within(dst, targets), traffic }))
    .filter(({ src, dst }) => src.length > 0 && dst.length > 0);
}

function within(set: AddressSet, addresses: AddressSet | undefined): AddressSet {
  return addresses === undefined ? set : intervals.intersect(set, addresses);
}

/** The pairs that are wanted, and those of ends that hold a port which an end of such a pair held before. */
export function withHeirs(wanted: Wanted, { occupants, formerEnds }: Documents): Wanted {
  if (formerEnds.size === 0) return wanted;
  const before = new Map<string, Set<string>>();
  for (const [key, { end }] of occupants) {
    const ends = formerEnds.get(key);
    if (ends !== undefined) before.set(end, new Set([...(before.get(end) ?? []), ...ends]));
  }
  const namesOf = (end: string): string[] => [end, ...(before.get(end) ?? [])];
  return {
    end: (end) => namesOf(end).some(wanted.end),
    pair: ({ from, to }) =>
      namesOf(from).some((source) => namesOf(to).some((target) => wanted.pair({ from: source, to: target }))),
  };
}
