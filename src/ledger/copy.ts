import { requireRootOfHead } from './checked-entries.ts';
import { LedgerForked, NothingToCopy } from './faults.ts';
import { Frontier } from './merkle/frontier.ts';
import { leafHash } from './merkle/hash.ts';
import type { CopyTarget, Head, LedgerReader } from './port.ts';
import { settledBatches, type SettledBatch } from './settled.ts';

/** The number of entries that are taken over at once. */
const entriesAtOnce = 1000;

/** The progress of a copy: in pages while it is written, in entries while it is read again. */
export interface CopyProgress {
  readonly step: 'copying' | 'checking';
  readonly done: number;
  readonly of: number;
}

/** The content of a copy: the ledger's id, the number of entries, and the Merkle root over them. */
export interface Copied extends Head {
  readonly ledger: string;
}

/** The result of a copy: the head of both ledgers, and the number of entries that were there before. */
export interface CopiedEntries extends Head {
  readonly before: number;
}

/**
 * Brings a ledger to the state of another one with the same id: the same bytes in the same order, void batches
 * included, and so the same root. Goes on from the end of an earlier copy, whole or broken off. A batch that is still
 * being written at the source is left for the next time. Entries that are there already are compared first, and all
 * entries at the end.
 *
 * Throws LedgerDamaged if the entries of the source do not give its root, so that no copy makes them look sound;
 * LedgerForked if the target has other entries, NothingToCopy if it was written to by itself, and the errors
 * of reading and taking over.
 */
export async function copyEntries(
  { from, to }: { from: LedgerReader; to: CopyTarget },
  onProgress: (progress: { done: number; of: number }) => void,
): Promise<CopiedEntries> {
  await requireRootOfHead(from);
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
