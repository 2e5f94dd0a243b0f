import type { CopyTarget, Head } from '../port.ts';
import type { PlacedCopy } from '../store.ts';
import { closeLog, copyLedger, openSource, verifyCopy, type CopyOptions, type AppendMeans } from './copy.ts';
import { requireFree } from './durable.ts';
import { openSqliteLedger } from './ledger.ts';
import { requireLedgerName } from './ledger-name.ts';
import { onPartialFile } from './partial-file.ts';
import { placeCopy } from './place-copy.ts';
import { asFault } from './sqlite-error.ts';

/**
 * Copies a ledger, which may be in use, to a new file. The copy is read from end to end before it gets its name. The
 * file is then whole, durable, and a ledger that can be opened. If a step fails, there is no such file.
 *
 * Throws NoLedgerName; PlaceTaken if the file is there already; StoreUnavailable if it cannot be written; LedgerDamaged if the
 * ledger contradicts itself, since a copy of it would be no backup.
 */
export async function backUpLedger(options: CopyOptions): Promise<PlacedCopy> {
  const { from, to } = options;
  requireLedgerName(to);
  requireFree(to);
  const source = openSource(from);
  try {
    return await onPartialFile(to, async (partial) => {
      const head = await copyLedger(source, { ...options, to: partial });
      const copied = await verifyCopy({ ...options, to: partial, head });
      return placeCopy(partial, { ...options, copied });
    });
  } finally {
    source.database.close();
  }
}

/**
 * Makes a new file into a ledger with a given id, and fills it entry by entry: for a source that is no file. As with
 * backUpLedger, all of it or nothing.
 */
export async function fillNewFile(
  { to, ledger: id, ...surroundings }: AppendMeans & { to: string; ledger: string },
  fill: (target: CopyTarget) => Promise<Head>,
): Promise<PlacedCopy> {
  requireLedgerName(to);
  requireFree(to);
  return onPartialFile(to, async (partial) => {
    const target = openSqliteLedger({ path: partial, create: true, idOfNew: id, ...surroundings });
    const { size, root } = await fill(target).finally(() => target.close());
    asFault(partial, () => {
      closeLog(partial);
    });
    return placeCopy(partial, { to, clock: surroundings.clock, copied: { ledger: id, size, root } });
  });
}
