import { linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { flush, makeFolders } from '../../runtime/durable-file.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { reasonOf } from '../../runtime/system-reason.ts';
import { PlaceTaken, StoreUnavailable } from '../faults.ts';

/** Makes a folder and its missing parents, and brings their names to the disk. Throws StoreUnavailable. */
export function createFolder(folder: string, { of: path }: { of: string }): void {
  try {
    const topmost = makeFolders(folder);
    if (topmost === undefined) return;
    const above = dirname(topmost);
    for (let made = folder; made !== above && made !== dirname(made); made = dirname(made))
      flush(dirname(made));
  } catch (cause) {
    throw new StoreUnavailable(
      `the folder of ${path} cannot be created (${reasonOf(cause)}): see the rights of the one above it`,
      { cause },
    );
  }
}

/** True if there is anything at `path`, and be it a link to nothing. */
export function isTaken(path: string): boolean {
  return foundAt(path, { followLinks: false }) !== undefined;
}

/** Throws PlaceTaken if there is anything at `path`. */
export function requireFree(path: string): void {
  if (isTaken(path)) throw new PlaceTaken(path);
}

/**
 * Gives a finished file its name, durably. It never replaces a file that got that name meanwhile. After a crash the
 * whole file has the name, or no file has it. Throws PlaceTaken, StoreUnavailable.
 */
export function placeNew(finished: string, path: string): void {
  try {
    flush(finished);
    giveName(finished, path);
    flush(dirname(resolve(path)));
  } catch (cause) {
    if (cause instanceof PlaceTaken) throw cause;
    throw new StoreUnavailable(
      `${path} cannot be written (${reasonOf(cause)}): see the rights of its folder, and the disk`,
      {
        cause,
      },
    );
  }
}

/**
 * A hard link is refused if the name is taken. File systems without hard links (FAT) leave only a look before
 * renaming.
 */
function giveName(finished: string, path: string): void {
  try {
    linkSync(finished, path);
    rmSync(finished);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw new PlaceTaken(path);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    requireFree(path);
    renameSync(finished, path);
  }
}
