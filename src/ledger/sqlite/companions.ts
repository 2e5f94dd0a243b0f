import { existsSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PlaceTaken, StoreUnavailable } from '../faults.ts';
import { flush } from '../../runtime/durable-file.ts';
import { companionsOf, foundAt } from '../../runtime/sqlite-files.ts';
import { isTaken, requireFree } from './durable.ts';

/** True for a path without a file, or with an empty one: there is no ledger. */
export function holdsNothing(path: string): boolean {
  const found = foundAt(path);
  return found === undefined || (found.isFile() && found.size === 0);
}

/** True if a write-ahead log that is not empty lies beside a database. */
export function hasLog(path: string): boolean {
  return holdsBytes(`${path}-wal`);
}

/** The log or journal that a ledger left which is gone; undefined if there is none. SQLite would delete it. */
export function logOfLost(path: string): string | undefined {
  if (hasLog(path)) return `${path}-wal`;
  // A ledger that is being made has a journal too, and its file comes first.
  return holdsBytes(`${path}-journal`) && !existsSync(path) ? `${path}-journal` : undefined;
}

/** An empty file with a journal may be a ledger that another process makes at this moment: that is its journal. */
function companionsOfLost(path: string): string[] {
  const isThere = existsSync(path);
  return companionsOf(path).filter((file) => isTaken(file) && !(isThere && file.endsWith('-journal')));
}

function holdsBytes(file: string): boolean {
  const found = foundAt(file);
  return found?.isFile() === true && found.size > 0;
}

/**
 * Moves the companion files of a lost database out of the way, durably. SQLite would take a log or a journal at that
 * place for the new file's own, and destroy the new file with it, or delete them. No file is deleted, since the log may
 * hold the last entries of the lost ledger. Returns the new paths. Throws PlaceTaken if a database came to the place meanwhile,
 * since the files may be its own; StoreUnavailable.
 */
export function setCompanionsAside(path: string, { at }: { at: string }): string[] {
  const stamp = at.replaceAll(/[:.]/g, '');
  try {
    const moved = companionsOfLost(path).map((file) => {
      const aside = `${file}.set-aside-${stamp}`;
      if (!holdsNothing(path)) throw new PlaceTaken(path);
      requireFree(aside);
      renameSync(file, aside);
      return aside;
    });
    if (moved.length > 0) flush(dirname(resolve(path)));
    return moved;
  } catch (cause) {
    if (cause instanceof PlaceTaken) throw cause;
    throw new StoreUnavailable(
      `what a lost ledger left beside ${path} cannot be moved out of the way: see the rights of the folder`,
      {
        cause,
      },
    );
  }
}
