import { LedgerForked, NothingToCopy } from './faults.ts';
import { Frontier } from './merkle/frontier.ts';
import { leafHash } from './merkle/hash.ts';
import type { CopyTarget, Head, LedgerReader } from './port.ts';
import { settledBatches, type SettledBatch } from './settled.ts';

/** How many entries are taken over at once. */
const entriesAtOnce = 1000;

/** How far a copy has come: in pages while it is written, in entries while it is read again. */
export interface CopyProgress {
  readonly step: 'copying' | 'checking';
  readonly done: number;
  readonly of: number;
}

/** What a copy holds: whose ledger, how many entries, and the Merkle root over them. */
export interface Copied extends Head {
  readonly ledger: string;
}

/** What a copy came to: the head of both ledgers then, and how many entries were there before. */
export interface CopiedEntries extends Head {
  readonly before: number;
}

/**
 * Brings a ledger to where another one of the same id stands: the same bytes in the same order, void batches included, and
 * so the same root. It goes on from where an earlier copy ended, whole or broken off; a batch that is still being
 * written at the source is left for the next time. What is there already is compared first, and all of it at the end.
 *
 * Throws LedgerForked where the target holds something else, NothingToCopy where it has gone on by itself, and what reading
 * and taking over throw.
 */
export async function copyEntries(
  { from, to }: { from: LedgerReader; to: CopyTarget },
  onProgress: (progress: { done: number; of: number }) => void,
): Promise<CopiedEntries> {
  const [{ size: of }, before] = [await from.head(), await to.head()];
  const tree = new Frontier({ size: 0, frontier: [] });
  let waiting: SettledBatch[] = [];
  let count = 0;
  const takeOver = async (): Promise<void> => {
    await to.takeOver(waiting);
    [waiting, count] = [[], 0];
    onProgress({ done: tree.size, of });
  };
  for await (const batch of settledBatches(from.read({ to: of - 1 }))) {
    for (const { bytes } of batch.entries) {
      tree.append(leafHash(bytes));
      if (tree.size === before.size) requireSame({ expected: tree, actual: before });
    }
    if (tree.size <= before.size) continue;
    waiting.push(batch);
    count += batch.entries.length;
    if (count >= entriesAtOnce) await takeOver();
  }
  if (tree.size < before.size) await refuseAhead(to, { tree, before });
  if (waiting.length > 0) await takeOver();
  const after = await to.head();
  requireSame({ expected: tree, actual: after });
  onProgress({ done: of, of });
  return { ...after, before: before.size };
}

async function refuseAhead(
  to: LedgerReader,
  { tree, before }: { tree: Frontier; before: Head },
): Promise<never> {
  const common = new Frontier({ size: 0, frontier: [] });
  for await (const { bytes } of to.read({ to: tree.size - 1 })) common.append(leafHash(bytes));
  requireSame({ expected: tree, actual: { size: common.size, root: common.root() } });
  const more = before.size - tree.size;
  throw new NothingToCopy(
    `nothing was copied: TO holds all ${String(tree.size)} entries of FROM, and ${String(more)} more, so it was written to since; copy the other way round, or from a ledger that holds more`,
  );
}

function requireSame({ expected, actual }: { expected: Frontier; actual: Head }): void {
  if (expected.size === actual.size && expected.root() === actual.root) return;
  throw new LedgerForked({
    size: expected.size,
    expectedRoot: expected.root(),
    actualRoot: actual.root,
    ...(actual.size === expected.size ? {} : { actualSize: actual.size }),
  });
}
