import type { AclObject, BindingObject, OverlayObject } from '../../../events/overlay-objects.ts';
import type { Traffic } from '../header-sets/traffic.ts';
import type { FoundAddresses, NetworkReach } from './reach.ts';

/**
 * A set of objects, to judge packets as a host with that set does. The meaning of objects is written in
 * events/overlay-objects.ts. What is worked out stays the same object from plan to plan for as long as nothing of it changes.
 */
export interface View {
  /** The bindings of a port, by its portKey. */
  at(port: string): readonly BindingObject[];
  /** The segments and externals that a network belongs to. More than one is a fault of the objects. */
  namesOf(vni: number): readonly string[];
  /** All bindings. */
  bindings(): readonly BindingObject[];
  /** The tunnel address that packets for a host are sent to. */
  tunnelTo(host: string): string | undefined;
  /** True if packets that come from a tunnel address under a VNI are taken in. */
  accepts(packet: { readonly tunnelIp: string; readonly vni: number }): boolean;
  /**
   * The traffic that the acls of a side let pass from one network to another: denies before grants. Within one
   * network everything passes.
   */
  allowed(side: AclObject['side'], networks: { readonly from: number; readonly to: number }): Traffic;
  /** The bindings that packets of a network find: its own, and those of the networks that a route leads to. */
  reach(vni: number): NetworkReach;
  /**
   * The source addresses that packets of an external's network are let in with: those by which the network that they come to finds
   * it. Undefined for any other network: what its ports send from is known there.
   */
  reversePath(networks: { readonly from: number; readonly to: number }): FoundAddresses | undefined;
}

/** A set of objects in the order in which they came; one that replaced another has its place. */
export interface ObjectSet {
  values(): Iterable<OverlayObject>;
  /** Those that may have to do with packets under some VNIs, on their way to ports of some networks, in the same order. */
  about(vnis: ReadonlySet<number>, targets: ReadonlySet<number>): readonly OverlayObject[];
}
