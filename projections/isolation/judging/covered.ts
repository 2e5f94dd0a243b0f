import type { BindingObject } from '../../../events/overlay-objects.ts';
import type { Addressing } from '../authorised/addressing.ts';
import type { Authorisation } from '../authorised/authorisation.ts';
import { sourcesTo, type Delivery } from '../delivered/delivery.ts';
import type { AddressSet } from '../header-sets/addresses.ts';
import * as intervals from '../header-sets/intervals.ts';
import { intersect, isNothing, subtract, type Traffic } from '../header-sets/traffic.ts';
import { addressesOf, type Found } from '../objects/reach.ts';
import type { View } from '../objects/view.ts';
import type { Pair } from '../pair.ts';
import type { Seat } from './seats.ts';

/** What documents authorise at an instant, and what hosts deliver. */
interface AuthorisedAndDelivered {
  readonly authorisation: Authorisation;
  readonly addressing: Addressing;
  readonly delivery: Delivery;
}

/** Networks that ports of an end send in. */
export interface NetworksOf {
  readonly end: string;
  readonly networks: readonly number[];
}

/**
 * Tells of most ports that nothing between them goes beyond the authorised, without working out what passes. Whatever may be delivered
 * comes from an address of a binding of the sender, goes to an address by which a binding of the receiver is found, and is let in by
 * the acls there. Where each of these is authorised, so is all that passes. Where one is not, that says nothing yet: it may be stopped
 * elsewhere.
 */
export class Covered {
  readonly #scene: AuthorisedAndDelivered;
  /** By source, then by destination: traffic that is authorised, and guarded where it has to be. */
  readonly #lawful = new Map<string, Map<string, Traffic>>();
  /** By source addresses that a host lets in, those that are authorised in which they were found to lie. */
  readonly #sources = new WeakMap<AddressSet, AddressSet>();
  /** By traffic that acls let in, the lawful traffic that it was found to lie in. */
  readonly #within = new WeakMap<Traffic, Traffic>();

  constructor(scene: AuthorisedAndDelivered) {
    this.#scene = scene;
  }

  /** True only if a port sends from addresses at which everybody sees its occupant alone, in every state of its host. */
  isHonest({ host, key, occupant }: Seat): boolean {
    const { delivery, addressing } = this.#scene;
    const own = addressing.own(occupant);
    return (
      addressing.isSeenWhole(occupant) &&
      delivery
        .viewsOf(host)
        .every((source) => source.at(key).every((binding) => liesIn(addressesOf(binding), own)))
    );
  }

  /** True only if what a port's host lets in there of another's packets is from addresses at which its end sees that one's occupant. */
  isHonestTo({ host, key, occupant }: Seat, to: Seat): boolean {
    const { delivery, addressing } = this.#scene;
    const authorised = addressing.seenFrom(to.occupant.end, occupant);
    const bindings = delivery.viewsOf(host).flatMap((source) => source.at(key));
    return bindings.every((binding) =>
      delivery
        .viewsOf(to.host)
        .every((target) => this.#comesFrom(authorised, { binding, target, to: to.key })),
    );
  }

  #comesFrom(
    authorised: AddressSet,
    { binding, target, to }: { readonly binding: BindingObject; readonly target: View; readonly to: string },
  ): boolean {
    return (target.reach(binding.vni).byPort.get(to) ?? []).every((arrived) => {
      const { may } = sourcesTo(arrived, binding, target);
      const lies = this.#sources.get(may) === authorised || liesIn(may, authorised);
      if (lies) this.#sources.set(may, authorised);
      return lies;
    });
  }

  /** True only if all that some state of a port's host lets in there from networks of an end is authorised, with the guards that it needs. */
  lets(from: NetworksOf, to: Seat): boolean {
    return this.#scene.delivery
      .viewsOf(to.host)
      .every((target) =>
        from.networks.every((vni) => this.#letsInLawful(target, vni, { from: from.end, to })),
      );
  }

  #letsInLawful(
    target: View,
    vni: number,
    { from, to }: { readonly from: string; readonly to: Seat },
  ): boolean {
    const arrivals = target.reach(vni).byPort.get(to.key);
    return (
      arrivals === undefined ||
      arrivals.every((arrived) => this.#isLawful(arrived, target, { vni, from, to }))
    );
  }

  #isLawful(
    { binding, may }: Found,
    target: View,
    { vni, from, to }: { readonly vni: number; readonly from: string; readonly to: Seat },
  ): boolean {
    const pair = { from, to: to.occupant.end };
    const allowed = target.allowed('ingress', { from: vni, to: binding.vni });
    if (isNothing(allowed)) return true;
    const { addressing } = this.#scene;
    const dst = to.occupant.kind === 'external' ? addressing.external(pair) : addressing.own(to.occupant);
    return liesIn(may, dst) && this.#liesInLawful(allowed, pair);
  }

  /** What acls let in between two networks is the same for all of their ports. */
  #liesInLawful(allowed: Traffic, pair: Pair): boolean {
    const lawful = this.#lawfulBetween(pair);
    const lies = this.#within.get(allowed) === lawful || isNothing(subtract(allowed, lawful));
    if (lies) this.#within.set(allowed, lawful);
    return lies;
  }

  #lawfulBetween(pair: Pair): Traffic {
    const targets = this.#lawful.get(pair.from) ?? new Map<string, Traffic>();
    this.#lawful.set(pair.from, targets);
    const known = targets.get(pair.to);
    if (known !== undefined) return known;
    const { authorisation } = this.#scene;
    const guarded = authorisation.guarded(pair);
    const authorised = authorisation.between(pair);
    const lawful = guarded === undefined ? authorised : intersect(authorised, guarded);
    targets.set(pair.to, lawful);
    return lawful;
  }
}

function liesIn(addresses: AddressSet, own: AddressSet): boolean {
  return intervals.subtract(addresses, own).length === 0;
}
