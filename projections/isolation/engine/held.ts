import type { Entry } from '../../../events/entry.ts';
import type { Delivery } from '../delivered/delivery.ts';
import type { Documents } from '../documents/document-fold.ts';
import type { DocumentsBefore } from '../documents/document-maps.ts';
import type { HeldBefore, PlansOfHosts, Stretch } from '../hosts/host-plans.ts';
import type { Neighbours } from '../objects/neighbours.ts';
import type { TouchedPairs } from '../objects/touched.ts';
import type { Concerned } from './concerned.ts';
import type { SeatsByEnd } from './seats-by-end.ts';

/** What a batch changed of ports and hosts. */
export interface HeldChange {
  readonly entries: readonly Entry[];
  readonly before: DocumentsBefore | undefined;
  readonly held: HeldBefore | undefined;
}

interface Around {
  readonly documents: Documents;
  readonly delivery: Delivery;
  readonly seats: SeatsByEnd;
  readonly plans: PlansOfHosts;
  readonly neighbours: Neighbours;
  readonly touched: TouchedSteps;
}

/** What steps touch, kept until another plan comes or hosts go elsewhere: all hosts of a shard take the same steps. */
export class TouchedSteps {
  readonly #known = new Map<string, TouchedPairs>();

  /** Takes entries of a batch, and what they changed. */
  follow({ entries, before }: Pick<HeldChange, 'entries' | 'before'>): void {
    const isMoved = before !== undefined && before.hosts.size + before.formerHosts.size > 0;
    if (isMoved || entries.some(({ type }) => type === 'ChangePlanned')) this.#known.clear();
  }

  of(
    { shard, plan }: { readonly shard: string; readonly plan: number },
    find: () => TouchedPairs,
  ): TouchedPairs {
    const key = `${shard} ${String(plan)}`;
    const touched = this.#known.get(key) ?? find();
    this.#known.set(key, touched);
    return touched;
  }
}

/** Tells what is concerned by a change of ports, and of what hosts may hold. */
export class HeldConcerns {
  readonly #around: Around;
  readonly #concerned: Concerned;
  readonly #endsIn = new Map<number, ReadonlySet<string>>();

  constructor(around: Around, concerned: Concerned) {
    this.#around = around;
    this.#concerned = concerned;
  }

  take({ entries, before, held }: HeldChange): void {
    if (before !== undefined) this.#documents(before);
    for (const entry of entries) if (entry.type === 'ChangePlanned') this.#touched(entry.data);
    for (const [host, stretches] of held?.stretches ?? []) this.#stretches(host, stretches);
  }

  #documents({ occupants, hosts, formerHosts }: DocumentsBefore): void {
    for (const [key, before] of occupants) {
      const after = this.#around.documents.occupants.get(key);
      for (const occupant of [before, after]) if (occupant !== undefined) this.#concerned.all(occupant.end);
      if (before === undefined) continue;
      for (const end of wiredTo([key], this.#around)) this.#concerned.pairs.addBoth(before.end, end);
    }
    const moved = new Set<string>();
    const tunnelIps = new Set<string>();
    for (const [name, before] of hosts) {
      for (const one of [before, this.#around.documents.hosts.get(name)]) {
        if (one !== undefined) tunnelIps.add(one.tunnelIp);
      }
      moved.add(name);
    }
    for (const [key, before] of formerHosts) {
      for (const one of [before, this.#around.documents.formerHosts.get(key)]) {
        if (one !== undefined) moved.add(one.host);
        if (one !== undefined) tunnelIps.add(one.tunnelIp);
      }
    }
    for (const host of moved) this.#host(host);
    this.#tunnels(tunnelIps);
  }

  /** The hosts that have one of some tunnel addresses by their documents. */
  #tunnels(tunnelIps: ReadonlySet<string>): void {
    if (tunnelIps.size === 0) return;
    const { hosts, formerHosts } = this.#around.documents;
    for (const { host, tunnelIp } of [...hosts.values(), ...formerHosts.values()])
      if (tunnelIps.has(tunnelIp)) this.#host(host);
  }

  #host(host: string): void {
    for (const end of this.#around.seats.endsAt(host)) this.#concerned.all(end);
  }

  /** A host that only left plans behind is concerned by what these changed; in any other case all that it has ports for. */
  #stretches(host: string, before: readonly Stretch[]): void {
    const after = this.#around.plans.of(host);
    const [old, recent] = [onlyOne(before), onlyOne(after)];
    if (old === undefined || recent === undefined || old.shard !== recent.shard || old.first > recent.first) {
      this.#host(host);
      return;
    }
    for (let plan = old.first + 1; plan <= recent.first; plan += 1)
      this.#touched({ shard: old.shard, plan }, host);
  }

  /** What a plan touches; with a host, only pairs with a port there. */
  #touched(step: { readonly shard: string; readonly plan: number }, host?: string): void {
    const { plans, neighbours, seats, touched } = this.#around;
    // A plan whose number went back is not carried out; one that a host cannot have left behind says nothing of it.
    if (!plans.isStep(step)) {
      if (host !== undefined) this.#host(host);
      return;
    }
    const { pairs, tunnelIps } = touched.of(step, () => plans.touched(step, neighbours));
    this.#tunnels(tunnelIps);
    const isAt = (end: string): boolean =>
      host === undefined || seats.of(end).some((seat) => seat.host === host);
    for (const [source, targets] of pairs) {
      for (const target of targets) {
        const ends = this.#endsOf(target);
        for (const from of this.#endsOf(source)) {
          const isHere = isAt(from);
          for (const to of ends) if (isHere || isAt(to)) this.#concerned.pairs.add(from, to);
        }
      }
    }
  }

  #endsOf(vni: number): ReadonlySet<string> {
    const known = this.#endsIn.get(vni);
    if (known !== undefined) return known;
    const ends = new Set<string>();
    for (const key of this.#around.neighbours.portsIn(vni)) {
      const occupant = this.#around.documents.occupants.get(key);
      if (occupant !== undefined) ends.add(occupant.end);
    }
    this.#endsIn.set(vni, ends);
    return ends;
  }
}

/** A stretch that goes on with its shard's plans, where a host has no other. */
function onlyOne(stretches: readonly Stretch[]): Stretch | undefined {
  const [first, ...others] = stretches;
  return others.length === 0 && first?.last === undefined && first?.former === undefined ? first : undefined;
}

/** The ends that hold ports which some ports may exchange packets with, by the sets that their hosts may hold. */
export function* wiredTo(
  keys: Iterable<string>,
  { documents, delivery, neighbours }: Pick<Around, 'documents' | 'delivery' | 'neighbours'>,
): Generator<string> {
  const networks = new Set<number>();
  for (const key of keys) {
    const [host = ''] = key.split(' ', 1);
    for (const view of delivery.viewsOf(host)) for (const { vni } of view.at(key)) networks.add(vni);
  }
  const near = new Set(
    [...networks].flatMap((vni) => [...neighbours.targetsOf(vni), ...neighbours.sourcesOf(vni)]),
  );
  for (const vni of near)
    for (const key of neighbours.portsIn(vni)) {
      const end = documents.occupants.get(key)?.end;
      if (end !== undefined) yield end;
    }
}
