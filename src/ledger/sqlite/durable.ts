import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { flush } from '../../runtime/durable-file.ts';
import { PlaceTaken, StoreUnavailable } from '../faults.ts';

/** Makes a folder, and whatever of the folders above it is missing, durable along with the files to come. Throws StoreUnavailable. */
export function createFolder(folder: string, { of: path }: { of: string }): void {
  try {
    const topmost = mkdirSync(folder, { recursive: true });
    if (topmost === undefined) return;
    const above = dirname(topmost);
    for (let made = folder; made !== above && made !== dirname(made); made = dirname(made))
      flush(dirname(made));
  } catch (cause) {
    throw new StoreUnavailable(
      `the folder of ${path} cannot be created: see the rights of the one above it`,
      { cause },
    );
  }
}

/** Throws PlaceTaken where something stands at `path`. */
export function requireFree(path: string): void {
  if (existsSync(path)) throw new PlaceTaken(path);
}

/**
 * Gives a finished file its name, durably and without replacing what got that name in the meantime: a crash leaves all
 * of it under that name, or nothing. Throws PlaceTaken, StoreUnavailable.
 */
export function placeNew(finished: string, path: string): void {
  try {
    flush(finished);
    giveName(finished, path);
    flush(dirname(resolve(path)));
  } catch (cause) {
    if (cause instanceof PlaceTaken) throw cause;
    throw new StoreUnavailable(`${path} cannot be written: see the rights of its folder, and the disk`, {
      cause,
    });
  }
}

/** A second name is refused where there is one already; file systems without second names (FAT) leave only looking first. */
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
