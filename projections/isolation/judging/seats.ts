import type { BindingObject } from '../../../events/overlay-objects.ts';
import type { AddressSet } from '../header-sets/addresses.ts';
import { families } from '../header-sets/addresses.ts';
import type { Addressing } from '../authorised/addressing.ts';
import type { Delivery } from '../delivered/delivery.ts';
import { addressesOf } from '../objects/reach.ts';
import { portKey, type Documents, type Occupant, type Port } from '../documents/document-fold.ts';
import type { Gap } from '../hosts/gap.ts';
import * as intervals from '../header-sets/intervals.ts';

/** A port and its occupant. */
export interface Seat extends Port {
  readonly key: string;
  readonly occupant: Occupant;
}

/** The seat at a port, by its key. */
export function seatAt(key: string, occupant: Occupant): Seat {
  const [host = '', name = ''] = key.split(' ');
  return { host, interface: name, key, occupant };
}

/** Every port that a document names or named, for the ends that are asked for, sorted by occupant and port. */
export function seatsOf({ occupants }: Documents, asked: (end: string) => boolean): Seat[] {
  const seats: Seat[] = [];
  for (const [key, occupant] of occupants) if (asked(occupant.end)) seats.push(seatAt(key, occupant));
  return inSeatOrder(seats);
}

/** Seats in the order in which they are judged: of several that show a finding, the first one is its witness. */
export function inSeatOrder(seats: Iterable<Seat>): Seat[] {
  const placed = Array.from(seats, (seat) => ({ seat, place: `${seat.occupant.name} ${seat.key}` }));
  return placed.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ seat }) => seat);
}

/** Bindings to ports that no document ever named: their occupants are not known. */
export function unknownPorts(documents: Documents, delivery: Delivery): Gap[] {
  const unknown = new Map<string, Gap>();
  for (const binding of delivery.views().flatMap((view) => view.bindings())) {
    const key = portKey(binding);
    if (documents.occupants.has(key)) continue;
    const about = `${binding.host}/${binding.interface}`;
    const problem = `no document says who sits there, and ${binding.endpoint} is bound to it`;
    unknown.set(key, { kind: 'interface', about, problem });
  }
  return [...unknown.values()];
}

/** Seats of one end that are alike as sources. */
export interface Group {
  readonly end: string;
  readonly seats: readonly [Seat, ...Seat[]];
}

/**
 * Divides seats into groups that are alike as sources: the same host, segment and networks, each with exactly its own
 * addresses. A result for one seat of a group, towards a seat outside, is the result for all of them.
 */
export function alikeAsSources(
  seats: readonly Seat[],
  { delivery, addressing }: { readonly delivery: Delivery; readonly addressing: Addressing },
): Group[] {
  const groups = new Map<string, { end: string; seats: [Seat, ...Seat[]] }>();
  for (const seat of seats) {
    const own = addressing.own(seat.occupant);
    const networks = delivery.viewsOf(seat.host).map((view) =>
      view
        .at(seat.key)
        .map((binding) =>
          isAlike(binding, seat.occupant, { own, delivery }) ? binding.vni : `of ${seat.key}`,
        )
        .join(','),
    );
    const { end, documented } = seat.occupant;
    const key = [seat.host, end, documented, familiesOf(own), ...networks].join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { end, seats: [seat] });
    else group.seats.push(seat);
  }
  return [...groups.values()];
}

/** Where packets of a network of endpoints may be taken for an external's, each one's source address counts. */
function isAlike(
  binding: BindingObject,
  { kind }: Occupant,
  { own, delivery }: { readonly own: AddressSet; readonly delivery: Delivery },
): boolean {
  return (
    intervals.sameSet(addressesOf(binding), own) &&
    (kind === 'external' || !delivery.isOfExternals(binding.vni))
  );
}

function familiesOf(addresses: AddressSet): string {
  return families.map((family) => intervals.intersect(family, addresses).length > 0).join();
}
