import type { OverlayObject } from '../../events/overlay-objects.ts';

/**
 * An overlay driver: drives the hosts of one shard to a set of vendor-neutral objects, and reads them.
 * - `apply` is idempotent and, for each host, all or nothing: afterwards the host holds the old set or the new one, also
 *   if the call failed, and if two calls came at once.
 * - It is fenced: a host is marked with what it was given (ledger, shard, plan, digest), in the same step. One that is marked
 *   with a later plan, with a plan of another shard, or with another digest than `history` has for that plan, refuses
 *   (Fenced): see fenceOf. A host takes the plan that it holds again, so that changes by others are put right.
 * - Hosts are apart: one name in two shards is two sets, and no host changes because of another.
 * - Durable when it returns. `read` and `apply` throw ForeignState (the host holds another ledger's objects, which stay
 *   as they are) and OverlayUnavailable (the host cannot be reached or written). The applier retries.
 */
export interface OverlayDriver {
  readonly name: string;
  /** Reads the present state of a host. */
  read(host: string): Promise<HostReading>;
  /** Drives one host to a set of objects, and returns what was read back from it. Repairs a host that is unreadable. */
  apply(host: string, target: HostTarget): Promise<HostState>;
}

export interface HostTarget {
  /** The number of the plan, counting up in each shard: the fence. */
  readonly plan: number;
  /** The digests of the shard's plans, by number, as far back as a host may still hold one. */
  readonly history?: ReadonlyMap<number, string>;
  /** A set: their order says nothing, and of two objects with one key the later counts. */
  readonly objects: readonly OverlayObject[];
}

export interface HostState {
  readonly plan: number;
  /** A set in any order, each key once. */
  readonly objects: readonly OverlayObject[];
  /** digestOfObjects of the objects that were read. */
  readonly digest: string;
  /** The digest that the host was marked with; left out where it has none. Others who change its objects leave it as it is. */
  readonly marked?: string;
}

/**
 * The state of a host as it was found: nothing at all; content that cannot be read as ours (why, in words); or a set
 * of objects.
 */
export type HostReading =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'objects'; readonly state: HostState };

/** A host by its shard and name. */
export interface HostPlace {
  readonly shard: string;
  readonly host: string;
}

/** Something in the place of an overlay's hosts that belongs to no host that a ledger knows. */
export interface Stray {
  readonly where: string;
  /** Its content, in words. */
  readonly holds: string;
}

/** A packet that opens a connection, as in a witness. Ports only for tcp, udp and sctp; any other protocol by name or number. */
export interface Packet {
  readonly src: string;
  readonly dst: string;
  /** tcp, udp, sctp, icmp, or an IP protocol number as a decimal string. */
  readonly protocol: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
}

/** The fate of a packet in the overlay: the receiving endpoint or external, and the deciding rule. */
export interface ProbeResult {
  readonly delivered: boolean;
  readonly to: string | null;
  /**
   * The id of the deciding acl; or the reason in words if no acl was asked (`same network`, `no such address`, ...).
   */
  readonly rule: string;
}

/**
 * The overlay's own account of a packet across hosts and shards. It looks only at the objects on hosts, and changes
 * none of them.
 */
export interface OverlayProbe {
  /**
   * `from` is `tenant/endpoint`, or an external's name. Throws OverlayUnavailable if no host holds that port, or if a
   * host cannot be read; ForeignState if a host holds another ledger's objects; HostsUnfit, which names each of them, for
   * several such hosts.
   */
  probe(from: string, packet: Packet): Promise<ProbeResult>;
}
