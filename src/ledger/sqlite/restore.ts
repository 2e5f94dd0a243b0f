import { dirname, resolve } from 'node:path';
import type { PlacedCopy } from '../store.ts';
import { copyLedger, openSource, verifyCopy, type CopyOptions } from './copy.ts';
import { createFolder, requireFree } from './durable.ts';
import { onPartialFile } from './partial-file.ts';
import { placeCopy } from './place-copy.ts';

/**
 * Copies a backup to a place without a ledger. The copy is read from end to end before it gets its name: all of it or
 * nothing, and durable when this returns. A file at that place is never replaced, not even an empty one.
 *
 * Throws PlaceTaken if there is a file; StoreUnavailable if the backup is no ledger or the copy cannot be written;
 * LedgerDamaged or UnreadableEntry if the backup contradicts itself; and the errors of `accept`.
 */
export async function restoreLedger(options: CopyOptions): Promise<PlacedCopy> {
  const { from, to } = options;
  requireFree(to);
  const source = openSource(from);
  try {
    createFolder(dirname(resolve(to)), { of: to });
    return await onPartialFile(to, async (partial) => {
      const head = await copyLedger(source, { ...options, to: partial });
      const copied = await verifyCopy({ ...options, to: partial, head });
      return placeCopy(partial, { ...options, copied });
    });
  } finally {
    source.database.close();
  }
}
