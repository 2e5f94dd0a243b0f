import { Addressing } from '../authorised/addressing.ts';
import { Authorisation } from '../authorised/authorisation.ts';
import { pairKey, type Pair } from '../pair.ts';
import { pushTo } from '../authorised/consents.ts';
import { Delivery, type Delivered } from '../delivered/delivery.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { HeldSets } from '../hosts/host-plans.ts';
import type { IsolationState } from '../state.ts';
import { Covered } from './covered.ts';
import { alikeAsSources, inSeatOrder, seatsOf, type Group, type Seat } from './seats.ts';

/** What documents authorise at an instant, and what hosts deliver. */
export interface Setting {
  readonly authorisation: Authorisation;
  readonly addressing: Addressing;
  readonly delivery: Delivery;
}

/** Everything that one judgement of the overlay at an instant looks at. */
export interface Scene extends Setting {
  readonly state: IsolationState;
  readonly instant: string;
}

export function sceneOf(state: IsolationState, instant: string): Scene {
  return { state, instant, ...settingOf(state, instant) };
}

export function settingOf(
  { documents, hosts }: { readonly documents: Documents; readonly hosts: HeldSets },
  instant: string,
): Setting {
  const authorisation = new Authorisation(documents, instant);
  return {
    authorisation,
    addressing: new Addressing(authorisation),
    delivery: new Delivery(documents, hosts),
  };
}

/** Sources that are alike, one destination, and the packets that the overlay delivers from each source to it. */
export interface Contact extends Pair {
  readonly sources: readonly [Seat, ...Seat[]];
  readonly target: Seat;
  readonly delivered: Delivered;
}

/** The pairs of ends that are asked about. `end` is true for an end of such a pair. */
export interface Wanted {
  readonly end: (end: string) => boolean;
  readonly pair: (pair: Pair) => boolean;
}

/** The question of a judgement: a state, an instant not before its last batch, and some pairs. */
export interface Question {
  readonly state: IsolationState;
  readonly instant: string;
  readonly wanted: Wanted;
  /**
   * The clock of whoever asks, where the ledger is ahead of it: the time after it may be false. A revocation is late only if it is
   * so by that clock as well, and a time bound after it may not have come.
   */
  readonly certainUpTo?: string | undefined;
  /** On the applied lane: nobody asks for what is missing, only for what goes beyond the authorised. */
  readonly excessOnly?: boolean | undefined;
}

export const allPairs: Wanted = { end: () => true, pair: () => true };

/** These pairs and no others. */
export function only(pairs: readonly Pair[]): Wanted {
  const ends = new Set(pairs.flatMap(({ from, to }) => [from, to]));
  const keys = new Set(pairs.map(pairKey));
  return { end: (end) => ends.has(end), pair: (pair) => keys.has(pairKey(pair)) };
}

/** Every contact that the overlay offers or the documents authorise. Pairs of ports with neither are left out. */
export function* contacts(scene: Setting, wanted: Wanted): Generator<Contact> {
  const { delivery, authorisation } = scene;
  const seats = seatsOf(authorisation.documents, wanted.end);
  const byEnd = new Map<string, Seat[]>();
  for (const seat of seats) pushTo(byEnd, seat.occupant.end, seat);
  const reachable = new Reachable(delivery, seats);
  for (const { end: from, seats: alike } of alikeAsSources(seats, scene)) {
    const found = reachable.from(reachable.networksOf(alike[0]));
    const ends = [{ to: from }, ...authorisation.pairsFrom(from, 'between')];
    const authorised = ends.flatMap(({ to }) => byEnd.get(to) ?? []);
    for (const target of inSeatOrder(new Set([...found, ...authorised]))) {
      const { end: to } = target.occupant;
      const sources = from === to ? others(alike, target) : alike;
      if (sources === undefined || !wanted.pair({ from, to })) continue;
      const delivered = delivery.between({ from: sources[0], to: target });
      yield { from, to, sources, target, delivered };
    }
  }
}

/**
 * The contacts between different ends that may go beyond the authorised: those that the overlay offers something, but for those of which
 * one sees at once that nothing goes beyond it. Within one end everything is authorised.
 */
export function* doubtfulContacts(scene: Setting, wanted: Wanted): Generator<Contact> {
  const { delivery, authorisation } = scene;
  const seats = seatsOf(authorisation.documents, wanted.end);
  const reachable = new Reachable(delivery, seats);
  const covered = new Covered(scene);
  /** By end and networks: what is let in from there is the same for all of its ports. */
  const notCovered = new Map<string, readonly Seat[]>();
  for (const { end: from, seats: alike } of alikeAsSources(seats, scene)) {
    const [source] = alike;
    const networks = reachable.networksOf(source);
    const asked = (): readonly Seat[] =>
      reachable
        .from(networks)
        .filter(({ occupant: { end: to } }) => from !== to && wanted.pair({ from, to }));
    const key = [from, ...networks].join(' ');
    const doubtful =
      notCovered.get(key) ?? asked().filter((target) => !covered.lets({ end: from, networks }, target));
    notCovered.set(key, doubtful);
    const already = new Set(doubtful);
    const isDoubtful = (target: Seat): boolean => already.has(target) || !covered.isHonestTo(source, target);
    for (const target of covered.isHonest(source) ? doubtful : asked().filter(isDoubtful)) {
      const delivered = delivery.between({ from: source, to: target });
      if (delivered.may.length === 0) continue;
      yield { from, to: target.occupant.end, sources: alike, target, delivered };
    }
  }
}

/** The seats but one; undefined if there is no other. */
export function others(seats: Group['seats'], one: Seat): Group['seats'] | undefined {
  const [first, ...more] = seats.filter((seat) => seat !== one);
  return first === undefined ? undefined : [first, ...more];
}

/**
 * The seats that packets of a network may come to, by any set in use. They are in seat order: what unrelated hosts hold is not to
 * decide which of several ports is a witness.
 */
class Reachable {
  readonly #delivery: Delivery;
  /** In seat order. */
  readonly #seats: readonly Seat[];
  /** By the key of a seat, its place among them. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #byNetwork = new Map<number, readonly number[]>();

  constructor(delivery: Delivery, seats: readonly Seat[]) {
    this.#delivery = delivery;
    this.#seats = seats;
    this.#places = new Map(seats.map(({ key }, place) => [key, place]));
  }

  /** The networks that a port sends in, by any set that its host may hold. */
  networksOf({ host, key }: Seat): readonly number[] {
    const networks = new Set<number>();
    for (const view of this.#delivery.viewsOf(host)) for (const { vni } of view.at(key)) networks.add(vni);
    return [...networks];
  }

  from(networks: readonly number[]): readonly Seat[] {
    const places = new Set(networks.flatMap((vni) => this.#inReach(vni)));
    return [...places]
      .sort((one, other) => one - other)
      .map((place) => this.#seats[place])
      .filter((seat) => seat !== undefined);
  }

  /** The places of seats. */
  #inReach(vni: number): readonly number[] {
    const known = this.#byNetwork.get(vni);
    if (known !== undefined) return known;
    const found = new Set<number>();
    for (const view of this.#delivery.views()) {
      for (const key of view.reach(vni).byPort.keys()) {
        const place = this.#places.get(key);
        if (place !== undefined) found.add(place);
      }
    }
    const places = [...found];
    this.#byNetwork.set(vni, places);
    return places;
  }
}
