import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { fateOf, type PlainOverlay } from '../../../projections/isolation/delivered/linear.ts';
import type { Lane } from '../../../projections/isolation/judging/lanes.ts';
import { after } from './history.ts';
import { authorises, isOf, emptyWorld, type Kind, type Sitter, type World } from './plain-meaning.ts';
import { addresses, places, type Place } from './random-estate.ts';
import type { Age, Tale } from './tales.ts';

/** One packet of each kind that rules on tcp, icmp and everything can tell apart. */
export const packetKinds: readonly Kind[] = [
  ...[0, 9, 10, 19, 20, 30].map((port) => ({ protocol: 'tcp', port })),
  { protocol: 'icmp', port: 0 },
  { protocol: 'other', port: 0 },
];

export interface PlainPacket {
  readonly src: number;
  readonly dst: number;
  readonly kind: Kind;
}

/** Two ports. */
export interface Seated {
  readonly from: Place;
  readonly to: Place;
}

/** Who sits at two ports; undefined unless somebody does at both. */
export interface Sitters {
  readonly source: Sitter;
  readonly target: Sitter;
}

export function sittersIn({ sitters }: World, { from, to }: Seated): Sitters | undefined {
  const [source, target] = [sitters.get(from.join(' ')), sitters.get(to.join(' '))];
  return source === undefined || target === undefined ? undefined : { source, target };
}

/** Whether the kind is authorised, and each of the two sees the other at the address that the packet has for it. */
export function isLawful(
  world: World,
  instant: string,
  { source, target }: Sitters,
  { src, dst, kind }: PlainPacket,
): boolean {
  return (
    authorises(world, instant, { from: source.end, to: target.end }, kind) &&
    isOf(world, { instant, from: source.end, sitter: target, kinds: packetKinds }, dst) &&
    isOf(world, { instant, from: target.end, sitter: source, kinds: packetKinds }, src)
  );
}

export function* packets(kinds = packetKinds): Generator<PlainPacket> {
  for (const src of addresses)
    for (const dst of addresses) for (const kind of kinds) yield { src, dst, kind };
}

/** Walks one packet from port to port. */
export function walked(
  { src, dst, kind }: PlainPacket,
  { from, to }: Seated,
  overlay: PlainOverlay,
): ReturnType<typeof fateOf> {
  const protocol = kind.protocol === 'other' ? '253' : kind.protocol;
  const packet = {
    src: `10.0.0.${String(src)}`,
    dst: `10.0.0.${String(dst)}`,
    protocol,
    dstPort: kind.port,
  };
  const ports = { from: { host: from[0], interface: from[1] }, to: { host: to[0], interface: to[1] } };
  return fateOf(packet, { ...ports, overlay });
}

/** A stretch of time after a batch, in which nothing was recorded. */
interface Stretch {
  readonly batch: number;
  readonly since: string;
  readonly until: string;
}

const afterAll = after(1_000_000);

/** What was so in the course of a tale, second by second and packet by packet. */
export class PlainPast {
  readonly #tale: Tale;
  readonly #lane: Lane;
  readonly #overlays = new Map<number, PlainOverlay>();
  readonly #open = new Map<string, boolean>();

  readonly #counted: string;

  /** Limits are counted up to an instant: now, or what an earlier clock shows. */
  constructor(tale: Tale, counted = tale.history.now, lane: Lane = 'applied') {
    this.#tale = tale;
    this.#lane = lane;
    this.#counted = counted;
    const times = [this.now];
    for (let time = counted; time < this.now; time = after(1, time)) times.push(time);
    this.possible = times;
  }

  get now(): string {
    return this.#tale.history.now;
  }

  /** The times that it may be: every second from the one that limits are counted up to, and bounds are whole seconds. */
  readonly possible: readonly string[];

  /** The documents now, and who sits where. */
  get world(): World {
    return this.#worldAfter(this.#last);
  }

  get overlay(): PlainOverlay {
    return this.#overlayAfter(this.#last);
  }

  /** The smaller limit of the two hosts' shards, in seconds. */
  #limit({ from, to }: Seated): number {
    const { limits } = this.#tale;
    return Math.min(limits.get(from[0]) ?? NaN, limits.get(to[0]) ?? NaN);
  }

  /** Who held two ports whenever a packet was authorised between them lately. */
  holdersLately(ports: Seated, packet: PlainPacket): string[] {
    return this.#stretches().flatMap((stretch) =>
      this.#lawfulSeconds(stretch, ports, packet).map(({ holders }) => holders),
    );
  }

  /**
   * Whether a packet that is revoked, and gets through now, is no part of the revocation: its ends were open to each
   * other for packets of its kind when it was revoked, at no port later, and are so again.
   */
  isReopened(ports: Seated, packet: PlainPacket): boolean {
    let wasCut = false;
    for (const stretch of this.#stretches().reverse()) {
      const isOpen = this.#isOpen(stretch.batch, ports, packet.kind);
      if (wasCut && isOpen) return true;
      if (this.#lawfulSeconds(stretch, ports, packet).length > 0) return false;
      if (!isOpen) wasCut = true;
    }
    return false;
  }

  get #last(): number {
    return this.#tale.history.batches.length - 1;
  }

  #stretches(): Stretch[] {
    const { batches } = this.#tale.history;
    return batches.map(({ recordedAt }, batch) => ({
      batch,
      since: recordedAt,
      until: batches[batch + 1]?.recordedAt ?? afterAll,
    }));
  }

  /** The whole seconds of a stretch, within the limit, at which a packet was authorised; bounds are whole seconds too. */
  #lawfulSeconds(
    { batch, since, until }: Stretch,
    ports: Seated,
    packet: PlainPacket,
  ): { instant: string; holders: string }[] {
    const world = this.#worldAfter(batch);
    const sitters = sittersIn(world, ports);
    const oldest = after(-this.#limit(ports), this.#counted);
    if (sitters === undefined || until <= oldest) return [];
    const ends = { from: sitters.source.end, to: sitters.target.end };
    const lawful: { instant: string; holders: string }[] = [];
    let instant = since > oldest ? since : oldest;
    // Documents end with the instant at which others come. What a bound would have changed in them then, it does not: all is as before it.
    if (since === until && this.#ageAfter(batch)?.since !== since) instant = after(-1, since);
    do {
      if (ends.from === ends.to || isLawful(world, instant, sitters, packet))
        lawful.push({ instant, holders: `${ends.from} ${ends.to}` });
      instant = after(1, instant);
    } while (instant < until && instant <= this.now);
    return lawful;
  }

  /** Whether any packet of a kind got from any port to another, of those who held two ports after a batch. */
  #isOpen(batch: number, ports: Seated, kind: Kind): boolean {
    const world = this.#worldAfter(batch);
    const sitters = sittersIn(world, ports);
    if (sitters === undefined) return false;
    const ends = `${sitters.source.end} ${sitters.target.end}`;
    const key = `${String(batch)} ${ends} ${kind.protocol} ${String(kind.port)}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const overlay = this.#overlayAfter(batch);
    const isOpen = places.some((from) =>
      places.some((to) => {
        const held = from === to ? undefined : sittersIn(world, { from, to });
        if (held === undefined || `${held.source.end} ${held.target.end}` !== ends) return false;
        return packets([kind]).some(
          (packet) => walked(packet, { from, to }, overlay).delivered !== undefined,
        );
      }),
    );
    this.#open.set(key, isOpen);
    return isOpen;
  }

  #worldAfter(batch: number): World {
    return this.#ageAfter(batch)?.world ?? emptyWorld;
  }

  #ageAfter(batch: number): Age | undefined {
    return this.#tale.ages.findLast((one) => one.batch <= batch);
  }

  #overlayAfter(batch: number): PlainOverlay {
    const known = this.#overlays.get(batch);
    if (known !== undefined) return known;
    const { documents, hosts } = this.#tale.history.stateAfter(batch, undefined, this.#lane);
    const sets = new Map<string, OverlayObject[][]>();
    const setsOf = (host: string): OverlayObject[][] => {
      const held = sets.get(host) ?? hosts.setsOf(host).map((ref) => [...hosts.objectsOf(ref).values()]);
      sets.set(host, held);
      return held;
    };
    const overlay = { hosts: [...documents.hosts.values(), ...documents.formerHosts.values()], setsOf };
    this.#overlays.set(batch, overlay);
    return overlay;
  }
}
