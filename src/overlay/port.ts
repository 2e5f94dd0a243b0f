import type { Host, Shard } from '../../events/estate.ts';
import type { DropsBetween } from '../../events/observation.ts';
import type { OverlayObject } from '../../events/overlay-objects.ts';
import type { SetDigest } from '../../events/set-digest.ts';
import type { Delta } from './delta.ts';

/**
 * An overlay driver: drives the hosts of one shard to sets of vendor-neutral objects, and reads them.
 *
 * A host is marked with what it was given last: ledger, shard, plan, digest and size of the set. The mark is written in
 * one step with the change. Whoever else changes the objects leaves it as it is.
 * - `mark` costs the same however much the host holds. It is the host's word, and no proof. `read` says `nothing` and
 *   `unreadable` of the same hosts; it may find a host unreadable whose mark can be read.
 * - `read` reads the whole host. It names everything that is not as expected, exact to the object, or finds the host
 *   unreadable: nothing is passed over.
 * - `apply` costs what the change is. It is all or nothing: afterwards the host holds the old set or the new one, and the
 *   mark of that set, also if the call failed, the machine stopped in the middle, or two calls came at once. Only what the
 *   change touches is written, and read back: what somebody changed beside it stays. A call that failed may have been taken all the
 *   same: its mark says nothing of what stands beside it, until the host is read. FoundBeside says that it was taken beside something of
 *   others that decides as well.
 * - It is refused, with nothing changed: by Fenced, if the host is marked with a later plan, with a plan of another shard, or
 *   with another digest than `history` has for that plan (see fenceOf); else by MarkDiffers, if the host's mark is not the
 *   one that the change leads on from (see refusalOf).
 * - It is idempotent: a host that is marked with what the change leads to takes it again. So a whole set heals a host, and a
 *   change heals what it touches.
 * - A change from `anything` is a whole set. It takes the place of whatever is there, unreadable content too, and of what the host
 *   decided by that and remembers. A set without objects
 *   leaves nothing of ours by which packets go, also where the mark was lost, and a host says that it holds nothing.
 * - Hosts are apart: calls for different hosts may come at once, one that is slow delays no other, one name in two shards is
 *   two sets, and no host changes because of another.
 * - A host that answers is never away because of what is there: what is not provably its own is `unreadable`, and refuses every change.
 * - Durable when it returns. All of them throw ForeignState (the host holds another ledger's objects, which stay as they
 *   are) and OverlayUnavailable (the host cannot be reached, read or written). The applier retries.
 */
export interface OverlayDriver {
  readonly name: string;
  /** Reads what a host says that it holds. */
  mark(host: string): Promise<HostMark>;
  /** Reads what a host holds, and compares it with a set. */
  read(host: string, expected: ExpectedSet): Promise<HostReading>;
  /** Changes one host, and returns its mark as it was read back. */
  apply(host: string, change: HostChange): Promise<HeldSet>;
  /**
   * Removes what writers that were broken off left beside hosts. Only for whoever holds the role of the shard. Not there where nothing
   * can be left. Throws nothing.
   */
  tidy?(): void;
  /**
   * Reads what a host counted of the packets that it dropped; of a host that holds nothing, no counter. Not there where hosts do not
   * count. Ends are named by the set of the host's mark. Counters begin anew where what they stand for is written anew, and where a
   * host starts anew: a change may lose what nobody read before it.
   */
  drops?(host: string, expected: ExpectedSet): Promise<readonly DropCount[]>;
  /** Looks at what a host is able to do. Changes nothing. Not there where every host is able to do all. */
  means?(host: string): Promise<HostMeans>;
  /**
   * Tells when somebody else may have changed a host, so that it is read soon. A hint, and no proof: what is told may be nothing, and
   * what is not told is found when the host is read. Many changes at once are told as one. A change that led the host's mark on is
   * not told, whoever made it; one that left the mark as it was may be. Returns once it is being watched; what was before that, a reading
   * tells. Then it goes on until the signal aborts or nobody takes any more, and throws as `mark` does once the host cannot be
   * watched any more: whoever begins anew reads the host. Not there where an overlay cannot tell.
   */
  watch?(host: string, signal: AbortSignal): Promise<AsyncIterable<OutsideChange>>;
}

/** Something that somebody else may have changed at a host, in words. */
export interface OutsideChange {
  readonly host: string;
  readonly what: string;
}

/** What a host is able to do of what its driver asks of it, in words. */
export interface HostMeans {
  /** What it is: product, version, what it has. */
  readonly words: string;
  /** What it lacks, or may lack, each with what can then not be held. */
  readonly lacks: readonly string[];
}

/** So many packets were dropped, since the counter began. Ends are null where the counter does not tell them. */
export interface DropCount extends DropsBetween {
  readonly packets: number;
}

/**
 * Makes the driver of a shard. `hosts` are those that it drives, by name, as their documents say that they are reached: those of
 * the shard, and those that were retired from it and are not emptied yet. A shard whose overlay changed may have a retired host
 * of which no document says so. The maker is asked again once the hosts are others, or are reached otherwise.
 */
export type DriverFor = (shard: Shard, hosts: ReadonlyMap<string, Host>) => OverlayDriver;

/** A shard, and the hosts that it drives: see DriverFor. */
export interface DrivenShard {
  readonly shard: Shard;
  readonly hosts: ReadonlyMap<string, Host>;
}

/** Makes the probe of an estate: of all its shards, whatever drives each. */
export type ProbeFor = (shards: readonly DrivenShard[]) => OverlayProbe;

/** A plan of a shard, counting up from 1, and the digest of its set (digestOfObjects). */
export interface Mark {
  readonly plan: number;
  readonly digest: string;
}

/** What a host is marked with: a set that it was given, and of how many objects. */
export interface HeldSet extends Mark {
  readonly objects: number;
}

/**
 * Content that cannot be read as ours, with the reason in words. `ofAnother`: it is marked with that plan of another shard,
 * and refuses every change (Fenced). `isOthers`: what others put there keeps it so, and stays there whatever change it is given.
 * `mend`: what a person has to do about that, in words, where it is known. `ofHost`: it is said to be that of another host of the shard.
 */
interface UnreadableAtHost {
  readonly kind: 'unreadable';
  readonly problem: string;
  readonly ofAnother?: number;
  readonly isOthers?: true;
  readonly mend?: string;
  readonly ofHost?: string;
}

/** A host by its mark: nothing at all; content whose mark cannot be read as ours (why, in words); or a mark. */
export type HostMark =
  { readonly kind: 'nothing' } | UnreadableAtHost | ({ readonly kind: 'marked' } & HeldSet);

/** A set that a host is compared with, by key. Its digest makes that of a set which differs cheap. Valid while the call lasts. */
export interface ExpectedSet {
  readonly objects: ReadonlyMap<string, OverlayObject>;
  readonly digest: SetDigest;
  /**
   * The set of a plan of the same shard, where it is still known and has that digest. A driver whose hosts hold only what
   * concerns them judges a host by the set that its mark names; the reading's delta is from `objects` all the same.
   */
  at(mark: Mark): ExpectedSet | undefined;
}

/**
 * The state of a host as it was found: nothing at all; content that cannot be read as ours (why, in words); or a set
 * of objects, beside the mark that says what it should be.
 */
export type HostReading =
  | { readonly kind: 'nothing' }
  | UnreadableAtHost
  | {
      readonly kind: 'objects';
      readonly mark: Mark;
      /** Of the objects that were found. */
      readonly digest: string;
      /** How many were found. */
      readonly objects: number;
      /** From the expected set to the one that was found, each sorted by key. */
      readonly delta: Delta;
      /** Settings of the host that are not as they were given, in words: objects of the delta stand for them. */
      readonly settings?: readonly string[];
      /** What is there beside it that is not ours and changes nothing of what ours does, quoted. It is never touched. */
      readonly foreign?: readonly string[];
    };

/** A change of a host: what it leads on from, the steps, and what the host is marked with afterwards. */
export interface HostChange extends Delta, HeldSet {
  /**
   * A mark: `put` and `removed` lead from its set to the new one. `nothing`: the host holds nothing, and `put` is the whole
   * set. `anything`: `put` is the whole set, whatever the host holds. In `put`, order says nothing, and of two objects with
   * one key the later counts. A key in `removed` may be missing at the host.
   */
  readonly from: Mark | 'nothing' | 'anything';
  /**
   * The whole set that the change leads to, by key. Not copied: once a later plan is made, it refuses by OverlayUnavailable whoever
   * still asks.
   */
  readonly after: ReadonlyMap<string, OverlayObject>;
  /**
   * Of a change from a mark: for each key in `put` and `removed`, the object that the mark's set has there, or undefined. Empty
   * for a whole set.
   */
  readonly former: ReadonlyMap<string, OverlayObject | undefined>;
  /** The digests of the shard's plans, by number, as far back as a host may still hold one. */
  readonly history?: ReadonlyMap<number, string>;
}

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
