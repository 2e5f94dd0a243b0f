import { lstatSync, statSync, type Stats } from 'node:fs';

/** The files that SQLite keeps beside a database: write-ahead log, index of the log, rollback journal. */
export function companionsOf(path: string): string[] {
  return ['-wal', '-shm', '-journal'].map((ending) => `${path}${ending}`);
}

/** Something else than a file where a file has to be; `kind` in words: a folder, a pipe. */
export interface NoFile {
  readonly path: string;
  readonly kind: string;
}

/**
 * What a path leads to, if it is something else than a file. SQLite waits for ever where it opens a pipe, and does not
 * tell which of its files it could not open.
 */
export function noFileAt(path: string, options?: LookOptions): NoFile | undefined {
  const found = foundAt(path, options);
  return found === undefined || found.isFile() ? undefined : { path, kind: kindOf(found) };
}

/** Whatever stands where a database has its companion files and is no file. SQLite follows no link there. */
export function noFilesBeside(path: string): NoFile[] {
  return companionsOf(path).flatMap((companion) => {
    const found = foundAt(companion, { followLinks: false });
    return found === undefined || found.isFile() ? [] : [{ path: companion, kind: kindOf(found) }];
  });
}

/** What stands where a database needs a companion file, and what to do, in words. */
export function inTheWayWords({ path: found, kind }: NoFile, path: string): string {
  return `${found} is ${kind}, and SQLite needs a file of that name beside ${path}: see who made it, and move it away`;
}

interface LookOptions {
  /** False to see a link as a link. */
  readonly followLinks?: boolean;
}

/** What a path leads to; undefined for nothing, and for what cannot be looked at: opening it tells why. */
export function foundAt(path: string, { followLinks = true }: LookOptions = {}): Stats | undefined {
  try {
    return followLinks ? statSync(path) : lstatSync(path);
  } catch {
    return undefined;
  }
}

/** True of what is in a folder that this account may not enter: nobody can tell whether it is there. */
export function isOutOfSight(path: string): boolean {
  try {
    lstatSync(path, { throwIfNoEntry: false });
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES';
  }
}

/** The kind of what is no file, in words. */
export function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isSymbolicLink()) return 'a link';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}
