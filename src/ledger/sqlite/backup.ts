import { copyLedger, openSource, verifyCopy, type Copied, type CopyOptions } from './copy.ts';
import { placeNew, requireFree } from './durable.ts';
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
