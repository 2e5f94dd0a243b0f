import {
  deniesPair,
  type AclObject,
  type BindingObject,
  type OverlayObject,
} from '../../../events/overlay-objects.ts';
import { pushTo } from '../authorised/consents.ts';
import { nothing, trafficOf, unionOf, type Traffic } from '../header-sets/traffic.ts';
import type { Endings } from './endings.ts';
import { reachOf, type NetworkReach } from './reach.ts';
import { Remembered } from './remembered.ts';
import { aclKey, type ObjectTables } from './tables.ts';
import type { PlanSpan } from './versions.ts';
import { pairKey, type Pair } from '../pair.ts';

/** Two networks, each by its VNI. */
export interface Networks {
  readonly from: number;
  readonly to: number;
}

/** VNIs have 24 bits, so two of them fit into one number. */
const vnis = 1 << 24;
const sides = ['egress', 'ingress'] as const;

/**
 * What the sets of a shard come to, each worked out once for all plans that are alike in what it rests on. A change ends what
 * rests on it, so that whoever asks next works it out again.
 */
export class Derived {
  readonly #tables: ObjectTables;
  readonly #reach: Remembered<number, NetworkReach>;
  readonly #bindings: Remembered<'all', readonly BindingObject[]>;
  /** By side, then by both networks as one number. */
  readonly #allowed: Record<AclObject['side'], Remembered<number, Traffic>>;
  /** By network, those that were asked about together with it. */
  readonly #partners = new Map<number, Set<number>>();

  constructor(tables: ObjectTables, endings: Endings) {
    this.#tables = tables;
    this.#reach = new Remembered(endings);
    this.#bindings = new Remembered(endings);
    this.#allowed = { egress: new Remembered(endings), ingress: new Remembered(endings) };
  }

  reach(vni: number, plan: number): NetworkReach {
    const known = this.#reach.known(vni, plan);
    if (known !== undefined) return known;
    return this.#reach.find(vni, plan, (span) => {
      const networks = new Set([vni]);
      for (const { to } of this.#tables.routesFrom.at(vni, plan, span)) networks.add(to);
      const bindings: BindingObject[] = [];
      for (const network of networks) bindings.push(...this.#tables.bindings.at(network, plan, span));
      return reachOf(bindings);
    });
  }

  /** All bindings, by network in the order in which networks come. */
  bindings(plan: number): readonly BindingObject[] {
    const known = this.#bindings.known('all', plan);
    if (known !== undefined) return known;
    return this.#bindings.find('all', plan, (span) => {
      const byNetwork = new Map<number, BindingObject[]>();
      for (const binding of this.#tables.all.bindingsAt(plan, span)) pushTo(byNetwork, binding.vni, binding);
      return [...byNetwork.values()].flat();
    });
  }

  /** The traffic that acls of a side let pass between two networks that are not one. */
  allowed(side: AclObject['side'], { from, to }: Networks, plan: number): Traffic {
    const key = from * vnis + to;
    const known = this.#allowed[side].known(key, plan);
    if (known !== undefined) return known;
    return this.#allowed[side].find(key, plan, (span) => {
      this.#partnersOf(from).add(to);
      this.#partnersOf(to).add(from);
      return this.#allowedBetween(side, { from, to }, { plan, span });
    });
  }

  #allowedBetween(
    side: AclObject['side'],
    networks: Networks,
    { plan, span }: { readonly plan: number; readonly span: PlanSpan },
  ): Traffic {
    const parts: Traffic[] = [];
    let denied = false;
    const grants = this.#tables.grants[side];
    const areDenied = !this.#tables.denies.isEmpty;
    const targets = this.#tables.byVni.at(networks.to, plan, span);
    for (const { segment: from } of this.#tables.byVni.at(networks.from, plan, span)) {
      for (const { segment: to } of targets) {
        for (const grant of grants.at(pairKey({ from, to }), plan, span)) parts.push(trafficOf(grant));
        if (!areDenied) continue;
        for (const source of [from, '*']) {
          for (const target of [to, '*']) {
            const denies = this.#tables.denies.at(aclKey(side, { from: source, to: target }), plan, span);
            if (denies.some((acl) => deniesPair(acl, { from, to }))) denied = true;
          }
        }
      }
    }
    return parts.length === 0 || denied ? nothing : unionOf(parts);
  }

  /** Ends what rests on an object that comes or goes at a plan, and is in the tables. */
  end(object: OverlayObject, plan: number): void {
    switch (object.kind) {
      case 'network':
        this.#endAllowedOf(object.vni, plan);
        break;
      case 'binding':
        this.#bindings.end('all', plan);
        // Nobody has asked: while a ledger is folded, nobody does.
        if (this.#reach.isEmpty) break;
        this.#reach.end(object.vni, plan);
        for (const { from } of this.#tables.routesTo.at(object.vni, plan)) this.#reach.end(from, plan);
        break;
      case 'route':
        this.#reach.end(object.from, plan);
        break;
      case 'acl':
        this.#endAllowedBy(object, plan);
        break;
      case 'qos':
      case 'host':
        break;
    }
  }

  #endAllowedBy({ from, to }: Pair, plan: number): void {
    // Nobody has asked what acls let pass: while a ledger is folded, nobody does.
    if (this.#partners.size === 0) return;
    const sources = this.#tables.bySegment.at(from, plan);
    const targets = this.#tables.bySegment.at(to, plan);
    if (from === '*' && to === '*') for (const vni of this.#partners.keys()) this.#endAllowedOf(vni, plan);
    else if (from === '*') for (const { vni } of targets) this.#endAllowedOf(vni, plan);
    else if (to === '*') for (const { vni } of sources) this.#endAllowedOf(vni, plan);
    else
      for (const source of sources)
        for (const target of targets) this.#endAllowed({ from: source.vni, to: target.vni }, plan);
  }

  /** Ends what acls let pass between a network and any other. */
  #endAllowedOf(vni: number, plan: number): void {
    const partners = this.#partners.get(vni);
    if (partners === undefined) return;
    for (const other of partners) {
      this.#endAllowed({ from: vni, to: other }, plan);
      this.#endAllowed({ from: other, to: vni }, plan);
      this.#partnersOf(other).delete(vni);
    }
    this.#partners.delete(vni);
  }

  #partnersOf(vni: number): Set<number> {
    const partners = this.#partners.get(vni) ?? new Set();
    this.#partners.set(vni, partners);
    return partners;
  }

  #endAllowed({ from, to }: Networks, plan: number): void {
    for (const side of sides) this.#allowed[side].end(from * vnis + to, plan);
  }
}
