/** An entry as others get it from the mirror. Its place there is its seq and one. */
export interface MirrorMessage {
  readonly seq: number;
  /** The entry's shard, tenant and type: what others choose and are let in by. Left out where it has none. */
  readonly shard: string | undefined;
  readonly tenant: string | undefined;
  readonly type: string;
  /** The entry's leaf hash: with those of all others it gives the ledger's root. */
  readonly leaf: string;
  readonly body: string;
  readonly contentType: string;
}

/** A message as it stands in the mirror. Anybody may have put it there. */
export interface FoundMessage {
  readonly sequence: number;
  readonly id: string | undefined;
  readonly leaf: string | undefined;
  readonly body: string;
}

/** The numbers of the first and the last message, and how many there are. A mirror that nobody cut has as many as the last number. */
export interface MirrorExtent {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/**
 * A copy of one ledger's entries where others read it: one message an entry, in order, the first with the number 1. It is never the
 * book of record. All calls throw MirrorUnavailable; repeating them may help.
 */
export interface Mirror {
  /** What people know it by. */
  readonly name: string;
  /** The id of an entry's message. */
  readonly idOf: (seq: number) => string;
  /** Makes it where there is none, and tells whether it was there. Throws MirrorDiffers for one with other settings. */
  open(): Promise<{ readonly isNew: boolean }>;
  /** Undefined where there is none. Throws MirrorDiffers. */
  extent(): Promise<MirrorExtent | undefined>;
  /** The message of a number; undefined where it has none. */
  find(sequence: number): Promise<FoundMessage | undefined>;
  /** Messages from a number up to another, in order. */
  read(range: { readonly from: number; readonly to: number }): AsyncIterable<FoundMessage>;
  /**
   * Puts a message behind exactly as many as its seq says. True when it stands there, durably, and under its own number, now or
   * since before; false where the last message has another number, so that one has to look who put it there.
   */
  publish(message: MirrorMessage): Promise<boolean>;
  /** Tells whoever listens that the ledger is alive. Nobody keeps it, and nobody answers. */
  beat(text: string): Promise<void>;
}
