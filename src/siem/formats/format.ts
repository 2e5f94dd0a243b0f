import type { StreamEntry } from '../event-stream.ts';

/** A way to write what happened for the systems of others. Pure: an entry gives the same text, whoever asks, and when. */
export interface EventFormat {
  readonly name: string;
  /** The media type of one text; many of them, a line each, are newline-delimited. */
  readonly contentType: string;
  /**
   * The entry on one line, without a line end. Control characters are escaped, but for what is the exact stored bytes. Throws
   * UnreadableEntry.
   */
  readonly write: (entry: StreamEntry, context: FormatContext) => string;
  /** Says on one line that the ledger is alive, and what it holds. */
  readonly heartbeat: (beat: Heartbeat, context: FormatContext) => string;
}

/** What a format says of where the entry comes from. */
export interface FormatContext {
  readonly ledgerId: string;
  /** The version of this product. */
  readonly version: string;
  /** The machine that sends it. */
  readonly host?: string | undefined;
}

/**
 * What a receiver gets at intervals, whether or not anything happens: it can tell silence from quiet, and holds a root
 * against which a rewritten ledger shows.
 */
export interface Heartbeat {
  readonly ledgerId: string;
  /** How many entries there are: the seq of the last one is one less. */
  readonly size: number;
  /** The Merkle tree hash over them. */
  readonly root: string;
  readonly time: string;
}
