import type { EventDraft } from '../../events/draft.ts';
import type { Actor, StoredEntry } from '../../events/entry.ts';
import type { SettledBatch } from './settled.ts';

/**
 * A ledger: one append-only, gapless sequence of entries, numbered from 0 in the order in which they were committed.
 * `seq` is also the leaf index in the Merkle tree (RFC 6962) over the entries' exact bytes.
 *
 * Guarantees of every adapter (the contract suite in test/contract checks them):
 * - Atomic: a batch is appended whole or not at all, and its conditions hold at the very moment of appending.
 * - Durable: when `append` returns, the batch survives kill -9 of this process and loss of power to the machine.
 * - Ordered: entries are visible in seq order, without gaps; a seq, once read, never holds other bytes.
 * - Monotone: an entry's recordedAt is never before that of the entry before it.
 * - Idempotent: a key is remembered for ever; the same key with the same content gives the first result again.
 * - Retries: the adapter retries only calls that cannot have had an effect (a busy store). After a Conflict the caller
 *   decides anew. After UnknownOutcome the caller appends again with the same idempotency key.
 */
export interface Ledger extends LedgerReader {
  readonly capabilities: LedgerCapabilities;
  /**
   * Appends one batch. Throws Conflict, DuplicateWithDifferentContent, EntryTooLarge, UnknownOutcome, StoreUnavailable;
   * a RangeError for an empty batch.
   */
  append(request: AppendRequest): Promise<AppendResult>;
  close(): Promise<void>;
}

/** The part of a ledger that questions need. Its holder can append nothing. */
export interface LedgerReader {
  /** The id of the ledger, given at its creation and never changed. Everything derived from a ledger names it. */
  readonly id: string;
  /**
   * Entries after `after` (exclusive, -1 for all) up to `to` (inclusive; the head at the time of the call if left
   * out).
   */
  read(range?: ReadRange): AsyncIterable<StoredEntry>;
  /**
   * Entries after `after`, then the entries to come, until the signal aborts (the iteration then ends without error).
   * `caught-up` comes whenever the reader has seen all entries, and again where the store may have been replaced since,
   * which `head` then shows; `fell-behind` when there are more. Throws LedgerForked if entries are gone that were there.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionItem>;
  head(): Promise<Head>;
}

/** A ledger into which another one of the same id can be copied. */
export interface CopyTarget extends Ledger {
  /**
   * Appends the entries of settled batches unchanged. The first must continue this ledger. Entries that it has
   * already are passed over, since a copy may have been broken off in the middle of a batch. Durable when it returns.
   * Throws Conflict if others append to it; StoreUnavailable, UnknownOutcome.
   */
  takeOver(batches: readonly SettledBatch[]): Promise<void>;
}

export interface LedgerCapabilities {
  /** The most bytes of a single write; undefined if the store sets no limit. */
  readonly writeBytesMax: number | undefined;
  readonly durability: 'disk' | 'quorum' | 'memory';
}

/** The number of entries, and the Merkle tree hash over them (64 hexadecimal digits). */
export interface Head {
  readonly size: number;
  readonly root: string;
}

export interface AppendRequest {
  readonly events: readonly EventDraft[];
  readonly actor: Actor;
  readonly reason?: string | undefined;
  readonly source?: string | undefined;
  readonly correlation?: string | undefined;
  readonly causation?: string | undefined;
  /** All must hold, else Conflict. */
  readonly conditions?: readonly Condition[] | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Holds while no entry whose subject lies under one of the prefixes (whole path segments) has a seq above `unchangedSince`. */
export interface Condition {
  readonly subjects: readonly string[];
  readonly unchangedSince: number;
}

export interface AppendResult {
  readonly first: number;
  readonly last: number;
  /** The batch was there already, under the same idempotency key; nothing was appended. */
  readonly duplicate: boolean;
}

/**
 * Lets pass the entries under one of the prefixes that take effect: none of a void batch, and none of an unfinished
 * batch yet. All entries if left out.
 */
export interface Filter {
  readonly subjects: readonly string[];
}

export interface ReadRange {
  /** The seq before the first entry; -1 or less, or left out: from the first. */
  readonly after?: number;
  /** The seq of the last entry; left out: the last one there is. */
  readonly to?: number;
  readonly filter?: Filter;
}

export interface SubscribeOptions {
  readonly after: number;
  readonly filter?: Filter;
  readonly signal: AbortSignal;
}

export type SubscriptionItem =
  | { readonly kind: 'entry'; readonly entry: StoredEntry }
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'fell-behind' };
