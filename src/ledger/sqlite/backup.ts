import type { Copied } from '../copy.ts';
import type { CopyTarget, Head } from '../port.ts';
import { closeLog, copyLedger, openSource, verifyCopy, type CopyOptions, type Surroundings } from './copy.ts';
import { placeNew, requireFree } from './durable.ts';
import { openSqliteLedger } from './ledger.ts';
import { onPartialFile } from './partial-file.ts';

/**
 * Copies a ledger that may be in use to a file of its own, and reads the copy from end to end before it gets its name:
 * afterwards the file is whole, durable, and a ledger that can be opened; where anything fails there is no such file.
 *
 * Throws PlaceTaken where the file is there already; StoreUnavailable where it cannot be written; LedgerDamaged where
 * the ledger contradicts itself, since a copy of that is no backup.
 */
export async function backUpLedger(options: CopyOptions): Promise<Copied> {
  const { from, to } = options;
  requireFree(to);
  const source = openSource(from);
  try {
    return await onPartialFile(to, async (partial) => {
      const head = await copyLedger(source, { ...options, to: partial });
      const copied = await verifyCopy({ ...options, to: partial, head });
      placeNew(partial, to);
      return copied;
    });
  } finally {
    source.close();
  }
}

/**
 * Makes a file that is not there yet a ledger of a given id, filled by copying entries one after the other: for a ledger
 * that is no file. As backUpLedger: all of it or nothing.
 */
export async function fillNewFile(
  { to, ledger: id, ...surroundings }: Surroundings & { to: string; ledger: string },
  fill: (target: CopyTarget) => Promise<Head>,
): Promise<Copied> {
  requireFree(to);
  return onPartialFile(to, async (partial) => {
    const target = openSqliteLedger({ path: partial, create: true, idOfNew: id, ...surroundings });
    const { size, root } = await fill(target).finally(() => target.close());
    closeLog(partial);
    placeNew(partial, to);
    return { ledger: id, size, root };
  });
}
