import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreUnavailable } from '../faults.ts';
import { isPartial } from './partial-file.ts';

/** The folder for state that follows from the ledger in a file. */
export function derivedBeside(path: string): string {
  return `${path}.d`;
}

/**
 * The one path by which a ledger's file is used, whatever name it was given by: logs, locks, overlay and kept state lie
 * beside that path. Links are followed. Of several hard links in a folder the one counts that has state beside it.
 * A path that leads over no link stays as it is written; so does one that cannot be looked at, which opening it tells.
 */
export function realFile(path: string): string {
  try {
    const followed = followLinks(path);
    const [name = followed] = namesInFolder(followed);
    return name === resolve(path) ? path : name;
  } catch {
    return path;
  }
}

/** As realpath, also for a file that is not there: a link may lead to where it is to be made. */
function followLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(resolve(path));
  const there = join(existsSync(folder) ? realpathSync(folder) : folder, basename(path));
  const isLink = lstatSync(there, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? resolve(dirname(there), readlinkSync(there)) : there;
}

/** The names of a file in its folder, the one with state beside it first. None for a file with a single name. */
function namesInFolder(path: string): string[] {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || file.nlink < 2 || !file.isFile()) return [];
  const names = filesIn(dirname(path))
    .filter((other) => !isPartial(other) && isSameFile(other, file))
    .sort();
  return [...names.filter((name) => existsSync(derivedBeside(name))), ...names];
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function isSameFile(path: string, { dev, ino }: { dev: number; ino: number }): boolean {
  const other = lstatSync(path, { throwIfNoEntry: false });
  return other?.dev === dev && other.ino === ino;
}

/**
 * Throws StoreUnavailable for a file with a further name in another folder. SQLite keeps a log beside each name, so
 * that what is written by one of them is lost to the other. Where state lies beside a name, that one is in use: by it
 * the file may be asked.
 */
export function requireOneFolder(path: string, { asksOnly }: { asksOnly: boolean }): void {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined || file.nlink < 2 || !file.isFile()) return;
  if (asksOnly && existsSync(derivedBeside(path))) return;
  const folder = dirname(resolve(path));
  const here = filesIn(folder).filter((other) => isSameFile(other, file)).length;
  if (here >= file.nlink) return;
  throw new StoreUnavailable(
    `${path} has another name in another folder (a hard link), and what is written by one name is lost to the other: remove that name (find FOLDER -samefile ${path}), and make a copy instead (isoledger ledger backup FILE)`,
  );
}
