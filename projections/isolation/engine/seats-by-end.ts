import type { Documents, Occupant } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import { inSeatOrder, seatAt, type Seat } from '../judging/seats.ts';

/** The ports that documents name or named, by the end that holds them and by their hosts. */
export class SeatsByEnd {
  readonly #occupants: Documents['occupants'];
  readonly #byEnd = new Map<string, Map<string, Seat>>();
  readonly #byHost = new Map<string, Set<string>>();
  /** In the order in which they are judged. */
  readonly #sorted = new Map<string, readonly Seat[]>();

  constructor({ occupants }: Documents) {
    this.#occupants = occupants;
    for (const [key, occupant] of occupants) this.#sit(key, occupant);
  }

  /** The documents were changed. */
  change({ occupants }: Pick<DocumentsBefore, 'occupants'>): void {
    for (const [key, before] of occupants) {
      if (before !== undefined) this.#leave(key, before);
      const after = this.#occupants.get(key);
      /* v8 ignore next -- @preserve no port is ever without an occupant again */
      if (after !== undefined) this.#sit(key, after);
    }
  }

  of(end: string): readonly Seat[] {
    const known = this.#sorted.get(end);
    if (known !== undefined) return known;
    const seats = inSeatOrder(this.#byEnd.get(end)?.values() ?? []);
    this.#sorted.set(end, seats);
    return seats;
  }

  /** The ends with a port at a host. */
  endsAt(host: string): Set<string> {
    const ends = new Set<string>();
    for (const key of this.#byHost.get(host) ?? []) {
      const occupant = this.#occupants.get(key);
      /* v8 ignore next -- @preserve likewise */
      if (occupant !== undefined) ends.add(occupant.end);
    }
    return ends;
  }

  #leave(key: string, { end }: Occupant): void {
    this.#byEnd.get(end)?.delete(key);
    this.#sorted.delete(end);
  }

  #sit(key: string, occupant: Occupant): void {
    const seat = seatAt(key, occupant);
    const seats = this.#byEnd.get(occupant.end) ?? new Map<string, Seat>();
    this.#byEnd.set(occupant.end, seats.set(key, seat));
    this.#sorted.delete(occupant.end);
    this.#byHost.set(seat.host, (this.#byHost.get(seat.host) ?? new Set()).add(key));
  }
}
