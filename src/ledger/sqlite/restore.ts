import { dirname, resolve } from 'node:path';
import { setCompanionsAside } from './companions.ts';
import type { Restored } from '../store.ts';
import { copyLedger, openSource, verifyCopy, type CopyOptions } from './copy.ts';
import { createFolder, placeNew, requireFree } from './durable.ts';
import { onPartialFile } from './partial-file.ts';

/**
 * Puts a backup where there is no ledger, as a copy that was read from end to end: all of it or nothing, and durable
 * when it returns. What stands there is never replaced, not even an empty file.
 *
 * Throws PlaceTaken where something stands there; StoreUnavailable where the backup is no ledger or the copy cannot be
 * written; LedgerDamaged or UnreadableEntry where the backup contradicts itself; and what `accept` throws.
 */
export async function restoreLedger(options: CopyOptions): Promise<Restored> {
  const { from, to, clock } = options;
  requireFree(to);
  const source = openSource(from);
  try {
    createFolder(dirname(resolve(to)), { of: to });
    return await onPartialFile(to, async (partial) => {
      const head = await copyLedger(source, { ...options, to: partial });
      const copied = await verifyCopy({ ...options, to: partial, head });
      const setAside = setCompanionsAside(to, { at: clock.now() });
      placeNew(partial, to);
      return { ...copied, setAside };
    });
  } finally {
    source.close();
  }
}
