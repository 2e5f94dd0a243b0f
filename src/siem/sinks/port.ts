import type { Fault } from '../../runtime/errors.ts';

/** What is delivered to a sink: an entry in its format, and what a receiver may want beside it. */
export interface SinkEntry {
  readonly seq: number;
  /** What tells it from every other entry, of any ledger. */
  readonly id: string;
  /** The leaf hash of the entry: what a cursor says of the last one that was delivered. */
  readonly leaf: string;
  /** When it took effect. */
  readonly time: string;
  /** The entry on one line, without a line end. */
  readonly text: string;
}

/** That the ledger is alive, in the format of the sink. */
export interface SinkBeat {
  readonly id: string;
  readonly time: string;
  readonly text: string;
}

/** How far a delivery came. */
export interface SinkDelivery {
  /** The last entry that is acknowledged, as are all before it: the one before the first where none is. */
  readonly upTo: number;
  /** Why it came no further: SinkUnavailable or EntryRefused. Left out where all was acknowledged. */
  readonly trouble?: Fault | undefined;
}

/** The most that one delivery holds. One entry may be longer by itself. */
export interface BatchLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** Hears that a connection broke, behind which nobody knows what arrived of what counts as acknowledged. */
export type OnBroken = (fault: Fault) => void;

/**
 * A place outside to which entries are delivered, in order.
 *
 * - What is acknowledged is in the hands of the receiver, as durably as the kind of sink can tell: its DESIGN.md says how.
 * - What is not acknowledged may be there or not. It is delivered again, from the first such entry on: at least once, and without a gap,
 *   but for a kind that nothing acknowledges (`promiseOf`).
 * - A delivery ends within the time that a sink has for it, and soon after its signal aborts. Two do not run at once.
 */
export interface Sink {
  readonly limits: BatchLimits;
  /** Throws SinkUnavailable where nothing was acknowledged, EntryRefused where the receiver says that what it got is wrong. */
  deliver(entries: readonly SinkEntry[], signal: AbortSignal): Promise<SinkDelivery>;
  /** Delivers a heartbeat. One that does not arrive is not delivered again. Throws as deliver. */
  beat(beat: SinkBeat, signal: AbortSignal): Promise<void>;
  /** Lets go of what is open. The next delivery opens it again. */
  close(): Promise<void>;
}
