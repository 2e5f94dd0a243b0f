import type { StoredEntry } from '../../events/entry.ts';
import { LedgerDamaged, LedgerForked } from './faults.ts';
import { Frontier } from './merkle/frontier.ts';
import { leafHash } from './merkle/hash.ts';
import type { Head, LedgerReader } from './port.ts';
import { start, type Cursor } from './replay.ts';

export interface CheckedRange {
  /** The last entry that the reader has; -1 for none. */
  readonly after: number;
  /** Places that the caller confirmed, in order: entries before one of them need not be hashed, unless they are given. */
  readonly confirmed?: readonly Cursor[] | undefined;
  /** Goes on with new entries until this aborts; undefined to end at the head. */
  readonly follow?: AbortSignal | undefined;
}

/** The most new entries that wait to be checked while others keep writing. */
const heldMax = 1000;

/**
 * The stored entries after a seq, in order. Nothing is given before all entries up to the head gave the ledger's root,
 * those before the seq included; new ones are held until they have. Throws LedgerForked if the ledger has no such seq,
 * or is replaced or cut meanwhile; LedgerDamaged if its entries do not give its root; StoreUnavailable.
 */
export async function* checkedEntries(
  ledger: LedgerReader,
  { after, confirmed = [], follow }: CheckedRange,
): AsyncGenerator<StoredEntry, void, undefined> {
  const head = await ledger.head();
  if (after >= head.size) throw new LedgerForked({ after, entries: head.size });
  const from = confirmed.findLast(({ size }) => size <= after + 1);
  const tree = await hashedTo(ledger, { head, from });
  yield* ledger.read({ after, to: head.size - 1 });
  if (follow !== undefined) yield* newEntries(ledger, { tree, follow });
}

/** Makes sure that the entries give the root of the ledger's head. Throws LedgerDamaged if they do not. */
export async function requireRootOfHead(ledger: LedgerReader): Promise<void> {
  await hashedTo(ledger, { head: await ledger.head() });
}

async function hashedTo(
  ledger: LedgerReader,
  { head, from = start }: { head: Head; from?: Cursor | undefined },
): Promise<Frontier> {
  const tree = new Frontier(from);
  for await (const entry of ledger.read({ after: tree.size - 1, to: head.size - 1 })) append(tree, entry);
  if (tree.size === head.size && tree.root() === head.root) return tree;
  throw new LedgerDamaged(
    `its ${String(tree.size)} entries give the root ${tree.root()}, the ledger says ${head.root} of ${String(head.size)}`,
  );
}

async function* newEntries(
  ledger: LedgerReader,
  { tree, follow }: { tree: Frontier; follow: AbortSignal },
): AsyncGenerator<StoredEntry, void, undefined> {
  let held: StoredEntry[] = [];
  for await (const item of ledger.subscribe({ after: tree.size - 1, signal: follow })) {
    if (item.kind === 'entry') {
      append(tree, item.entry);
      held.push(item.entry);
    } else if (item.kind === 'caught-up') requireSame(tree, await ledger.head());
    if (item.kind !== 'caught-up' && held.length < heldMax) continue;
    yield* held;
    held = [];
  }
}

function append(tree: Frontier, { seq, bytes }: StoredEntry): void {
  if (seq !== tree.size)
    throw new LedgerDamaged(`entry ${String(tree.size)} is missing: entry ${String(seq)} follows`);
  tree.append(leafHash(bytes));
}

/** A head that others have moved on meanwhile is compared once its entries have come. */
function requireSame(tree: Frontier, head: Head): void {
  if (head.size > tree.size || (head.size === tree.size && head.root === tree.root())) return;
  throw new LedgerForked({
    size: tree.size,
    expectedRoot: tree.root(),
    actualRoot: head.root,
    ...(head.size === tree.size ? {} : { actualSize: head.size }),
  });
}
