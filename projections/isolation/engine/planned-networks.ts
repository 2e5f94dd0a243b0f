import type { Entry } from '../../../events/entry.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { pushTo } from '../authorised/consents.ts';
import { portKey, type Documents } from '../documents/document-fold.ts';

/** What a plan may change for whom. */
export interface TouchedNetworks {
  /** From one network to another, by any set that some host may hold beside it. */
  readonly pairs: readonly { readonly from: number; readonly to: number }[];
  /** Tunnel addresses that came, went or changed host. */
  readonly tunnelIps: ReadonlySet<string>;
}

/**
 * Which networks have to do with which, by all objects that were ever planned: more than hosts hold, and never less. So what a plan
 * touches can be told at any time from the objects that it puts and takes away.
 */
export class PlannedNetworks {
  readonly #objects = new Map<string, Map<string, OverlayObject>>();
  /** By shard and plan: objects that it put, and those that were there before under their keys. */
  readonly #steps = new Map<string, OverlayObject[]>();
  readonly #ports = new Map<number, Set<string>>();
  readonly #peers = new Map<number, Set<number>>();
  readonly #named = new Map<string, Set<number>>();
  /** Ports that were bound, but for those of which it was seen since that a document names them. */
  readonly #unnamed = new Set<string>();
  readonly #bound = new Set<string>();

  follow(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.type !== 'ChangePlanned') continue;
      const { shard, plan, put, removed } = entry.data;
      const objects = this.#objects.get(shard) ?? new Map<string, OverlayObject>();
      this.#objects.set(shard, objects);
      const step = stepKey({ shard, plan });
      for (const key of [...removed, ...put.map(keyOf)]) {
        const before = objects.get(key);
        if (before !== undefined) pushTo(this.#steps, step, before);
        objects.delete(key);
      }
      for (const object of put) {
        objects.set(keyOf(object), object);
        pushTo(this.#steps, step, object);
        this.#index(object);
      }
    }
  }

  touched(step: { readonly shard: string; readonly plan: number }): TouchedNetworks {
    const pairs = new Map<string, { from: number; to: number }>();
    const tunnelIps = new Set<string>();
    const add = (from: number, to: number): unknown =>
      pairs.set(`${String(from)} ${String(to)}`, { from, to });
    for (const object of this.#steps.get(stepKey(step)) ?? []) {
      if (object.kind === 'host') tunnelIps.add(object.tunnelIp);
      for (const { from, to } of this.#pairsOf(object)) add(from, to);
    }
    return { pairs: [...pairs.values()], tunnelIps };
  }

  /** True if a port was ever bound that no document ever named. */
  unnamed({ occupants }: Documents): boolean {
    for (const key of this.#unnamed) if (occupants.has(key)) this.#unnamed.delete(key);
    return this.#unnamed.size > 0;
  }

  /** The ports ever bound in a network. */
  portsIn(vni: number): Iterable<string> {
    return this.#ports.get(vni) ?? [];
  }

  /** The networks that a network ever exchanged routes with. */
  peersOf(vni: number): Iterable<number> {
    return this.#peers.get(vni) ?? [];
  }

  *#pairsOf(object: OverlayObject): Generator<{ from: number; to: number }> {
    switch (object.kind) {
      case 'acl':
        for (const from of this.#networksOf(object.from))
          for (const to of this.#networksOf(object.to)) yield { from, to };
        break;
      case 'network':
        yield* this.#allOf(object.vni);
        break;
      case 'binding':
        yield* this.#near(object.vni);
        break;
      case 'route':
        yield* this.#near(object.from);
        yield* this.#near(object.to);
        break;
      case 'host':
      case 'qos':
        break;
    }
  }

  *#allOf(vni: number): Generator<{ from: number; to: number }> {
    yield { from: vni, to: vni };
    for (const peer of this.peersOf(vni)) {
      yield { from: vni, to: peer };
      yield { from: peer, to: vni };
    }
  }

  /** Where addresses are contested, a binding changes what others are found by: all that any network near it finds. */
  *#near(vni: number): Generator<{ from: number; to: number }> {
    yield* this.#allOf(vni);
    for (const peer of this.peersOf(vni)) yield* this.#allOf(peer);
  }

  #networksOf(name: string): Iterable<number> {
    return name === '*' ? this.#ports.keys() : (this.#named.get(name) ?? []);
  }

  #index(object: OverlayObject): void {
    switch (object.kind) {
      case 'network':
        this.#named.set(object.segment, (this.#named.get(object.segment) ?? new Set()).add(object.vni));
        break;
      case 'binding':
        if (!this.#bound.has(portKey(object))) this.#unnamed.add(portKey(object));
        this.#bound.add(portKey(object));
        this.#ports.set(object.vni, (this.#ports.get(object.vni) ?? new Set()).add(portKey(object)));
        break;
      case 'route':
        this.#peers.set(object.from, (this.#peers.get(object.from) ?? new Set()).add(object.to));
        this.#peers.set(object.to, (this.#peers.get(object.to) ?? new Set()).add(object.from));
        break;
      case 'acl':
      case 'host':
      case 'qos':
        break;
    }
  }
}

function stepKey({ shard, plan }: { readonly shard: string; readonly plan: number }): string {
  return `${shard} ${String(plan)}`;
}
