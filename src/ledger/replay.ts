import { BatchReader, type Batch } from './batch-reader.ts';
import { UnreadableEntry } from '../../events/codec/unreadable-entry.ts';
import { LedgerDamaged, LedgerForked } from './faults.ts';
import { Frontier } from './merkle/frontier.ts';
import { leafHash } from './merkle/hash.ts';
import type { Head, LedgerReader } from './port.ts';

export type { Batch };

/** The place of a reader: the number of entries seen so far, and the Merkle frontier over them. */
export interface Cursor {
  readonly size: number;
  readonly frontier: readonly string[];
}

/** The place before the first entry. */
export const start: Cursor = { size: 0, frontier: [] };

/** The Merkle root over the entries that the cursor has seen, 64 hexadecimal digits. */
export function rootOf(cursor: Cursor): string {
  return new Frontier(cursor).root();
}

/** Entries that take no effect: the batch that is still being written at the head, and batches that never will be finished. */
export interface Unfinished {
  /** How many entries of the last batch are there, where it has not all of them. */
  readonly pending: number;
  readonly voidBatches: readonly { readonly first: number; readonly last: number }[];
}

interface ReplayOptions {
  /** Where an earlier replay left off; from the first entry if left out. */
  readonly from?: Cursor;
  readonly onBatch: (batch: Batch) => void;
  /** A batch that was begun, and never finished because another one follows: it has no effect. Reported once. */
  readonly onVoid?: (first: number, last: number) => void;
  /** The place after each batch, complete or void: a replay that throws can be taken up again there. */
  readonly onSettled?: (cursor: Cursor) => void;
  /** How many entries the unfinished batch at the head has; 0 where there is none. */
  readonly onPending?: (count: number) => void;
}

/**
 * Reads every complete batch after the cursor, up to the head at the time of the call, in order. Returns the cursor
 * after the last batch. A batch that is unfinished at the head is pending: neither delivered nor passed by the
 * cursor.
 *
 * Nothing is skipped and nothing is taken on trust. Sequence, batches and times must agree with each other, every
 * entry of a complete batch must decode, and all entries together must give the ledger's root. The root is known only
 * at the end, so batches given to onBatch count when replay returns. If it throws, they do not count, unless another
 * replay goes on from the last place that onSettled was given, and returns.
 *
 * Throws UnreadableEntry for an entry that was recorded so; LedgerForked if the ledger is not the one of the cursor (rewritten, cut, an old backup);
 * LedgerDamaged if it contradicts itself. Without a cursor only the latter can be found.
 */
export async function replay(ledger: LedgerReader, options: ReplayOptions): Promise<Cursor> {
  const from = options.from ?? start;
  const { size, root } = await ledger.head();
  requireReaches(from, { size, root });
  const settled = new Frontier(from);
  const reader = new BatchReader({
    onBatch: options.onBatch,
    onVoid: options.onVoid ?? (() => undefined),
    onSettled: (leaves) => {
      for (const leaf of leaves) settled.append(leaf);
      options.onSettled?.(cursorOf(settled));
    },
  });
  try {
    await takeAll(ledger, reader, { from, size });
  } catch (error) {
    throw error instanceof UnreadableEntry ? await faultOf(error, ledger, { size, root }) : error;
  }
  const cursor = cursorOf(settled);
  const pending = reader.pendingLeaves();
  for (const leaf of pending) settled.append(leaf);
  requireRoot(from, { size, expected: root, computed: settled.root() });
  options.onPending?.(pending.length);
  return cursor;
}

async function takeAll(
  ledger: LedgerReader,
  reader: BatchReader,
  { from, size }: { from: Cursor; size: number },
): Promise<void> {
  let next = Math.max(from.size - 1, 0);
  // One entry more is read: the first new entry must not be older than the last one seen.
  for await (const stored of ledger.read({ after: next - 1, to: size - 1 })) {
    if (stored.seq !== next) throw missing(next, { next: stored.seq });
    if (next < from.size) reader.follow(stored);
    else reader.take(stored, leafHash(stored.bytes));
    next += 1;
  }
  if (next < size) throw missing(next, { of: size });
}

/** The head that the first entries of a ledger give, of which there may be fewer. Hashes them, and decodes none. */
export async function headAfter(ledger: LedgerReader, size: number): Promise<Head> {
  const first = new Frontier(start);
  for await (const { bytes } of ledger.read({ to: size - 1 })) first.append(leafHash(bytes));
  return { size: first.size, root: first.root() };
}

/**
 * The fault of an entry that cannot be read. One of a later version and one with a changed byte look alike: only if all
 * entries give the ledger's root, it is as it was recorded.
 */
async function faultOf(
  unreadable: UnreadableEntry,
  ledger: LedgerReader,
  { size, root }: Head,
): Promise<Error> {
  if ((await headAfter(ledger, size)).root === root) return unreadable;
  return new LedgerDamaged(`its bytes are not those that were recorded: ${unreadable.message}`, {
    cause: unreadable,
  });
}

/**
 * Makes sure that a ledger is still the one of which these places were seen: the entries since the first of them lead
 * through the others to the ledger's root. So whatever else leads to that root is what was seen, too. Hashes those entries,
 * decodes none, and reads none before them. `whole`: from the first entry on, which finds edits of old bytes as well.
 * Throws LedgerForked if entries that were seen are others, or fewer; LedgerDamaged if the ledger contradicts itself.
 */
export async function confirm(
  ledger: LedgerReader,
  seen: readonly Cursor[],
  { whole }: { whole: boolean },
): Promise<void> {
  const places = seen.toSorted((one, other) => one.size - other.size);
  const from = whole ? start : places[0];
  if (from === undefined) return;
  const { size, root } = await ledger.head();
  const last = places.at(-1) ?? start;
  requireReaches(last, { size, root });
  const tree = new Frontier(from);
  for (const place of [...places, undefined]) {
    await hashTo(ledger, tree, place?.size ?? size);
    if (place !== undefined && tree.root() !== rootOf(place))
      throw new LedgerForked({ size: place.size, expectedRoot: rootOf(place), actualRoot: tree.root() });
  }
  requireRoot(last, { size, expected: root, computed: tree.root() });
}

/** Appends entries of a ledger to the tree of those before, up to a size. Throws LedgerDamaged if one is missing. */
async function hashTo(ledger: LedgerReader, tree: Frontier, size: number): Promise<void> {
  if (tree.size === size) return;
  for await (const { seq, bytes } of ledger.read({ after: tree.size - 1, to: size - 1 })) {
    if (seq !== tree.size) throw missing(tree.size, { next: seq });
    tree.append(leafHash(bytes));
  }
  if (tree.size < size) throw missing(tree.size, { of: size });
}

function missing(seq: number, { next, of }: { next?: number; of?: number }): LedgerDamaged {
  const found = next === undefined ? `, of ${String(of)} at the head` : `: entry ${String(next)} follows`;
  return new LedgerDamaged(`entry ${String(seq)} is missing${found}`);
}

/** Throws LedgerForked for a ledger with fewer entries than were seen. */
function requireReaches(seen: Cursor, { size, root }: Head): void {
  if (size >= seen.size) return;
  throw new LedgerForked({
    ...{ size: seen.size, expectedRoot: rootOf(seen) },
    ...{ actualRoot: root, actualSize: size },
  });
}

function cursorOf(settled: Frontier): Cursor {
  return { size: settled.size, frontier: settled.hashes() };
}

function requireRoot(from: Cursor, at: { size: number; expected: string; computed: string }): void {
  if (at.computed === at.expected) return;
  if (from.size > 0) {
    throw new LedgerForked({ size: at.size, expectedRoot: at.computed, actualRoot: at.expected });
  }
  throw new LedgerDamaged(
    `its ${String(at.size)} entries give the root ${at.computed}, the ledger says ${at.expected}`,
  );
}
