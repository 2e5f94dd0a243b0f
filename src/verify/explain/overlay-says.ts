import { defined } from '../../../events/codec/defined.ts';
import type { Membership } from '../../../projections/isolation/documents/departures.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';
import { byFamily, withoutAll } from '../../../projections/isolation/header-sets/boxes.ts';
import { pushTo } from '../../../projections/isolation/authorised/consents.ts';
import { contacts, only, type Contact, type Scene } from '../../../projections/isolation/judging/contacts.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { formerSeats } from '../../../projections/isolation/judging/former.ts';
import type { ObjectSet } from '../../../projections/isolation/objects/view.ts';
import { seatsOf, type Seat } from '../../../projections/isolation/judging/seats.ts';
import {
  intersect,
  isNothing,
  trafficOf,
  unionOf,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import type { Origin, Origins } from '../origins.ts';
import type { OverlayRecord } from '../overlay-record.ts';
import type { AclOnHost, Holding, Missing } from './answer.ts';
import { ObjectLookup, type Want } from './object-lookup.ts';
import { OverlayLacks, type HostPart } from './overlay-lacks.ts';

/** The overlay's answer on one kind of traffic between a pair. */
export interface OverlayAnswer {
  /** True if hosts may let it through, as `connections` says on the same lane. */
  readonly allowed: boolean;
  /** True if hosts are known to let it through, wherever both ends are attached. */
  readonly certain: boolean;
  readonly missing: readonly Missing[];
  readonly holdings: readonly Holding[];
}

/** A port, and as whose its packets pass. */
interface SeatAs {
  readonly as: Seat;
  readonly seat: Seat;
}

/** Two ports, one of which at least is held for its former holder, and what is to be told of that. */
interface Heir {
  readonly from: Seat;
  readonly to: Seat;
  readonly ends: readonly Missing[];
}

interface Carried {
  readonly parts: readonly HostPart[];
  readonly heirs: readonly Heir[];
  readonly intended: boolean;
  readonly allowed: boolean;
}

/** The overlay at one instant, as far as it concerns some pairs. */
export class OverlayView {
  readonly #scene: Scene;
  readonly #record: OverlayRecord;
  readonly #lacks: OverlayLacks;
  readonly #contacts = new Map<string, Contact[]>();
  readonly #seats = new Map<string, Seat[]>();
  readonly #lookups = new Map<ObjectSet, ObjectLookup>();

  constructor(
    pairs: readonly Pair[],
    of: { scene: Scene; record: OverlayRecord; origins: Origins; lane: Lane },
  ) {
    this.#scene = of.scene;
    this.#record = of.record;
    this.#lacks = new OverlayLacks({ ...of, documents: of.scene.state.documents });
    const wanted = only(pairs);
    for (const contact of contacts(of.scene, wanted)) pushTo(this.#contacts, pairKey(contact), contact);
    for (const seat of seatsOf(of.scene.state.documents, wanted.end))
      pushTo(this.#seats, seat.occupant.end, seat);
  }

  /** The traffic that hosts may let through between a pair. */
  allowed(pair: Pair): Traffic {
    return unionOf(this.#contactsOf(pair).map(({ delivered }) => delivered.allowed));
  }

  /** The traffic of every acl that a host may hold for the pair. Between these cuts the answer is the same. */
  cutsFor(pair: Pair): Traffic[] {
    const parts = this.#partsOf(pair, this.allowed(pair));
    const acls = parts.flatMap(({ side, sets }) => sets.flatMap(({ objects }) => objects.grants(pair, side)));
    return [this.allowed(pair), ...acls.map(trafficOf)];
  }

  says(pair: Pair, part: Traffic, intended: boolean): OverlayAnswer {
    const allowed = !isNothing(intersect(this.allowed(pair), part));
    const certain = intended && allowed && this.#isCertain(pair, part);
    const heirs = intended || !allowed ? [] : this.#formerOf(pair);
    const parts = [...this.#partsOf(pair, part), ...heirs.flatMap((heir) => this.#partsOfFormer(heir, part))];
    const absent = allowed ? [] : this.absent(pair);
    const missing =
      certain || absent.length > 0 ? absent : this.#missing(pair, { parts, heirs, intended, allowed });
    const holdings = parts.map((each) => this.#holdingOf(each));
    return { allowed, certain, missing, holdings: unique(holdings, (holding) => JSON.stringify(holding)) };
  }

  /** Ends to which no port is attached, by the documents of the instant. */
  absent({ from, to }: Pair): Missing[] {
    const attached = (end: string): number => this.#attached(end).length;
    if (from === to) return attached(from) > 1 ? [] : this.#lacks.absentAt(from, 'fewer than two');
    return [from, to].flatMap((end) => (attached(end) > 0 ? [] : this.#lacks.absentAt(end, 'nobody')));
  }

  #missing(pair: Pair, of: Carried): Missing[] {
    const { parts, heirs, intended, allowed } = of;
    if (!intended && !allowed) return [];
    const found = [
      ...heirs.flatMap(({ ends }) => ends),
      ...parts.flatMap((part) => (intended ? this.#lacks.notCarried(part) : this.#lacks.notCut(part))),
    ];
    return found.length > 0 ? unique(found, ({ words }) => words) : [this.#lacks.unexplained(pair)];
  }

  #holdingOf({ host, side, want, sets }: HostPart): Holding {
    const acls = new Map<string, AclOnHost>();
    for (const { ref, objects } of sets) {
      for (const { id, action } of objects.acls(want)) {
        const { plans = [], found } = acls.get(id) ?? {};
        const known = { id, action, ...defined({ found }) };
        if (ref.found === undefined) acls.set(id, { ...known, plans: [...plans, ref.plan] });
        else acls.set(id, { ...known, plans, found: true });
      }
    }
    const shard = this.#lacks.shardOf(host);
    const own = sets.filter(({ ref }) => ref.former !== true);
    const carrying = own.filter(({ objects }) => objects.lacks(want).length === 0).length;
    return {
      ...want.pair,
      host,
      side,
      shard,
      acknowledged: this.#record.acknowledged({ host, shard }) ?? null,
      plans: own.filter(({ ref }) => ref.found === undefined).map(({ ref }) => ref.plan),
      ...defined({ drift: this.#driftIn(own, { host, shard }) }),
      acls: [...acls.values()],
      state: carrying === 0 ? 'does not carry' : carrying < own.length ? 'may carry' : 'carries',
    };
  }

  #driftIn(sets: HostPart['sets'], host: Membership): Origin | undefined {
    return sets.some(({ ref }) => ref.found !== undefined) ? this.#record.drift(host) : undefined;
  }

  #isCertain(pair: Pair, part: Traffic): boolean {
    const attached = this.#contactsOf(pair).filter(
      ({ sources: [first], target }) => first.occupant.documented && target.occupant.documented,
    );
    return attached.every(({ sources: [first], target, delivered }) => {
      const authorised = this.#scene.addressing.authorised(first.occupant, target.occupant);
      const asked = { ...authorised, traffic: intersect(authorised.traffic, part) };
      return withoutAll(byFamily(asked), delivered.must).length === 0;
    });
  }

  #partsOf(pair: Pair, part: Traffic): HostPart[] {
    return [
      ...this.#sideOf({ pair, side: 'egress', part }),
      ...this.#sideOf({ pair, side: 'ingress', part }),
    ];
  }

  #sideOf({ pair, side, part }: Pick<Want, 'pair' | 'side' | 'part'>): HostPart[] {
    const { hosts } = this.#scene.state.documents;
    const [end, other] = side === 'egress' ? [pair.from, pair.to] : [pair.to, pair.from];
    const [own, peers] = [this.#attached(end), this.#attached(other)];
    return [...new Set(own.map(({ host }) => host))].sort().map((host) => {
      const far = [...new Set(peers.map((seat) => seat.host))].filter((peer) => peer !== host);
      const tunnels = new Map(far.map((peer) => [peer, hosts.get(peer)?.tunnelIp ?? '']));
      const want = { pair, side, part, own: own.filter((seat) => seat.host === host), peers, tunnels };
      return { host, side, want, sets: this.#setsOf(host) };
    });
  }

  /** The ends as which packets of a pair may pass, where hosts hold a port for its former holder. */
  #formerOf(pair: Pair): Heir[] {
    const found = new Map<string, Heir>();
    const waysOf = (seat: Seat): SeatAs[] => [
      ...formerSeats(seat, this.#scene).map((former) => ({ as: former.seat, seat })),
      { as: seat, seat },
    ];
    for (const { sources, target } of this.#contactsOf(pair)) {
      for (const from of sources.flatMap(waysOf)) {
        for (const to of waysOf(target)) {
          const ends = [from, to].filter(({ as, seat }) => as !== seat);
          const told = ends.map(({ as, seat }) => this.#lacks.heldFor(as.occupant.end, seat));
          const key = `${from.as.key} ${from.as.occupant.name} ${to.as.key} ${to.as.occupant.name}`;
          if (told.length > 0) found.set(key, { from: from.as, to: to.as, ends: told });
        }
      }
    }
    return [...found.values()];
  }

  /** The parts of the hosts in what passes as a former holder's. */
  #partsOfFormer({ from, to }: Heir, part: Traffic): HostPart[] {
    const pair = { from: from.occupant.end, to: to.occupant.end };
    const { hosts } = this.#scene.state.documents;
    return (
      [
        ['egress', from, to],
        ['ingress', to, from],
      ] as const
    ).map(([side, own, peer]) => {
      const { host } = own;
      const far = peer.host === host ? [] : [[peer.host, hosts.get(peer.host)?.tunnelIp ?? ''] as const];
      const want = { pair, side, part, own: [own], peers: [peer], tunnels: new Map(far) };
      return { host, side, want, sets: this.#setsOf(host) };
    });
  }

  #setsOf(host: string): HostPart['sets'] {
    const { hosts } = this.#scene.state;
    return hosts.setsOf(host).map((ref) => {
      const set = hosts.objectsOf(ref);
      const known = this.#lookups.get(set) ?? new ObjectLookup(set.values());
      this.#lookups.set(set, known);
      return { ref, objects: known };
    });
  }

  /** Ports that a document names. */
  #attached(end: string): Seat[] {
    return (this.#seats.get(end) ?? []).filter(({ occupant }) => occupant.documented);
  }

  #contactsOf(pair: Pair): readonly Contact[] {
    return this.#contacts.get(pairKey(pair)) ?? [];
  }
}

function unique<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
