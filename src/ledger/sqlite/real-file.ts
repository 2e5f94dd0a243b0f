import { existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isMountPoint } from '../../runtime/mount-point.ts';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { StoreUnavailable } from '../faults.ts';
import { isPartial } from './partial-file.ts';

/** As many links as Linux follows. */
const linksMax = 40;

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

/** As realpath, also for a file that is not there: links may lead to where it is to be made. */
function followLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const links = linksFrom(path);
  const last = links.at(-1);
  return last === undefined ? inRealFolder(path) : targetOf(last);
}

/** The links from a path to its file, or to where that is to be made; none for a path that is no link. */
export function linksFrom(path: string): string[] {
  const links: string[] = [];
  for (let place = inRealFolder(path); isLink(place) && links.length < linksMax; place = targetOf(place))
    links.push(place);
  return links;
}

function inRealFolder(path: string): string {
  const folder = dirname(resolve(path));
  return join(existsSync(folder) ? realpathSync(folder) : folder, basename(path));
}

function isLink(path: string): boolean {
  return foundAt(path, { followLinks: false })?.isSymbolicLink() === true;
}

function targetOf(link: string): string {
  return inRealFolder(resolve(dirname(link), readlinkSync(link)));
}

/** The names of a file in its folder, the one with state beside it first. None for a file with a single name. */
function namesInFolder(path: string): string[] {
  const file = foundAt(path);
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
  const other = foundAt(path, { followLinks: false });
  return other?.dev === dev && other.ino === ino;
}

/**
 * Throws StoreUnavailable for a file with a further name in another folder. SQLite keeps a log beside each name, so
 * that what is written by one of them is lost to the other.
 */
export function requireOneFolder(path: string, { asksOnly }: { asksOnly: boolean }): void {
  const file = foundAt(path);
  if (file?.isFile() !== true) return;
  requireNoMount(path);
  // Where state lies beside a name, that one is in use: by it the file may be asked.
  if (file.nlink < 2 || (asksOnly && existsSync(derivedBeside(path)))) return;
  const folder = dirname(resolve(path));
  const here = filesIn(folder).filter((other) => isSameFile(other, file)).length;
  if (here >= file.nlink) return;
  throw new StoreUnavailable(
    `${path} has another name in another folder (a hard link), and what is written by one name is lost to the other: remove that name (find FOLDER -samefile ${path}), and make a copy instead (isoledger ledger backup FILE)`,
    { namesStep: true },
  );
}

/** A file that is mounted has its own name elsewhere, where its log is: by this one not even a question sees what is in that. */
function requireNoMount(path: string): void {
  if (!isMountPoint(path)) return;
  throw new StoreUnavailable(
    `${path} is a mount of a single file, which has another name elsewhere, and what is written by one name is lost to the other: mount the folder that holds the ledger, so that its log and locks come with it`,
    { namesStep: true },
  );
}
