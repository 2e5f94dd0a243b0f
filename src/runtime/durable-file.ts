import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { Fault } from './errors.ts';

/** Brings a file, or the names in a folder, to the disk. Throws the error of the operating system. */
export function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What root makes in a folder that belongs to another account is given to that account, as SQLite does with its files: it has to go
 * on there. Root may be asked to do something with anybody's ledger. Whoever owns the folder may put a link in its place meanwhile:
 * what counts is the folder in which the open file or folder is, and not what its path leads to by now.
 */
export function giveToOwnerOfFolder(folder: string, descriptor: number): void {
  giveToOwnerOf(folderOf(descriptor) ?? folder, descriptor);
}

/**
 * As giveToOwnerOfFolder, to the owner of whatever is at a path. Its group gets it in any case: who reads what is there may
 * read what comes.
 */
function giveToOwnerOf(path: string, descriptor: number): void {
  const { uid, gid } = statSync(path);
  const self = process.geteuid?.();
  if (self === 0) fchownSync(descriptor, uid, gid);
  else if (self === uid && fstatSync(descriptor).gid !== gid) giveToGroup(descriptor, { uid, gid });
}

/** Only a member of a group can give something to it. */
function giveToGroup(descriptor: number, { uid, gid }: { uid: number; gid: number }): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  }
}

/** The folder in which an open file or folder is, where the operating system tells. */
function folderOf(descriptor: number): string | undefined {
  try {
    const path = readlinkSync(`/proc/self/fd/${String(descriptor)}`);
    return isAbsolute(path) ? dirname(path) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Clears a place in which a file is to be written: of a file, a link, or a folder. What a folder holds is not removed, since that
 * takes one path after the other, and whoever can write there could have them lead elsewhere: the folder is set aside. Throws the
 * error of the operating system.
 */
export function clearPlace(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) {
    rmSync(path, { force: true });
    return;
  }
  try {
    rmdirSync(path);
  } catch {
    renameSync(path, `${path}.set-aside-${String(process.pid)}`);
  }
}

export interface FolderOptions {
  /** For what this program keeps. */
  readonly isOwn?: boolean;
  /** A file whose owner the folder is given to, where root makes it; the owner of the folder above if left out. */
  readonly as?: string | undefined;
}

/** The rights of a folder for what this program keeps. */
const ownRights = 0o750;
/** The sticky bit, which such a folder has until it is given to its owner. */
const justMade = 0o1000;

/**
 * Makes a folder and whichever are missing above it. Returns the topmost folder that was made; undefined if all were there. Throws the error of the operating system. Where a file system takes no folders (as
 * under /proc), the recursive making of Node tries for ever.
 */
export function makeFolders(folder: string, { isOwn = false, as }: FolderOptions = {}): string | undefined {
  if (existsSync(folder) && statSync(folder).isDirectory()) return undefined;
  const above = dirname(folder);
  const topmost = existsSync(above) ? undefined : makeFolders(above, { isOwn });
  try {
    mkdirSync(folder, { mode: isOwn ? justMade | ownRights : 0o777 });
    if (isOwn) giveAway(folder, as);
  } catch (error) {
    // Another process may have been faster.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    return topmost;
  }
  return topmost ?? folder;
}

/** Gives a folder that was just made to its owner, and nothing else: somebody may have put another folder of this account there. */
function giveAway(folder: string, as: string | undefined): void {
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & justMade) === 0 || (mode & 0o007) !== 0) return;
    fchmodSync(descriptor, mode & 0o7777 & ~justMade);
    giveToOwnerOfFolder(dirname(folder), descriptor);
    if (as !== undefined) giveToOwnerOf(as, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The text of a file that this program keeps. Throws the error of the operating system, and one for whatever is no file:
 * to read from a pipe that somebody put there would wait for ever.
 */
export function readOwnFile(path: string, options?: ReadOptions): string {
  return readOwnBytes(path, options).toString();
}

interface ReadOptions {
  /** So many bytes from the beginning; the whole file if left out. */
  readonly most?: number;
  /** False where only this program puts files: a link is somebody else's, and none of them. */
  readonly followLinks?: boolean;
}

/** As readOwnFile, the bytes. */
export function readOwnBytes(path: string, { most, followLinks = true }: ReadOptions = {}): Buffer {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  const descriptor = openSync(path, flags);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error(`${path} is no file`);
    if (most === undefined) return readFileSync(descriptor);
    const bytes = Buffer.alloc(most);
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

/** A symbolic link in a place that only this program writes to: somebody else put it there. */
export class LinkInTheWay extends Fault {
  readonly code = 'LinkInTheWay';
  readonly category = 'integrity';

  constructor(path: string) {
    super(`${path} is a link, and nothing is written through it: find out who made it, and remove it`);
  }
}

/** A folder in the place of a file of this program, which no file can replace: somebody else put it there. */
class FolderInTheWay extends Fault {
  readonly code = 'FolderInTheWay';
  readonly category = 'integrity';

  constructor(path: string) {
    super(`${path} is a folder, and a file has to stand there: find out who made it, and move it away`);
  }
}

/** A link to a folder is replaced like a file. */
function requireNoFolder(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new FolderInTheWay(path);
}

/** Throws LinkInTheWay if a path, or a folder above it up to `within`, is a symbolic link. */
export function requireNoLink(path: string, { within }: { within: string }): void {
  for (let place = path; place.length >= within.length; place = dirname(place)) {
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new LinkInTheWay(place);
    if (place === dirname(place)) return;
  }
}

export interface ReplaceOptions {
  /** Where the text is written first. Processes that may replace one file at the same time name different places. */
  readonly beside?: string;
  /** The topmost folder that is this program's own: no link may lead out of it. The file's folder if left out. */
  readonly within?: string;
  /** False for a file that says nothing once power has failed: it is not brought to the disk. */
  readonly isFlushed?: boolean;
}

/** A new file, which no link leads to. */
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A text that is on the disk beside the file whose place it is to take. */
export interface WrittenBeside {
  /** Replaces the file. When this returns, the new one is on disk. On a failure it throws, and nothing is left beside. */
  takePlace(): void;
  /** Leaves the file as it is. */
  drop(): void;
}

/**
 * Replaces a file as a whole, and makes its folder if it is missing. A crash at any moment leaves the former file or
 * the new one. When this returns, the new file is on disk. What a broken-off write left beside it is replaced too. On
 * a failure this throws LinkInTheWay, FolderInTheWay, or the error of the operating system, and leaves nothing beside the file.
 */
export function replaceFile(path: string, text: string, options?: ReplaceOptions): void {
  writeBeside(path, text, options).takePlace();
}

/** The first half of replaceFile, for whoever has something to do before the new file counts. Throws as it does. */
export function writeBeside(
  path: string,
  text: string | Uint8Array,
  { beside = `${path}.new`, within = dirname(path), isFlushed = true }: ReplaceOptions = {},
): WrittenBeside {
  requireNoLink(dirname(path), { within });
  requireNoFolder(path);
  const drop = (): void => {
    clearPlace(beside);
  };
  const orDrop = (deed: () => void): void => {
    try {
      deed();
    } catch (cause) {
      drop();
      throw cause;
    }
  };
  orDrop(() => {
    makeFolders(dirname(path), { isOwn: true });
    rmSync(beside, { force: true });
    const descriptor = openSync(beside, newFile, 0o640);
    try {
      giveToOwnerOfFolder(dirname(path), descriptor);
      writeFileSync(descriptor, text);
      if (isFlushed) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
  const takePlace = (): void => {
    orDrop(() => {
      renameSync(beside, path);
      if (isFlushed) flush(dirname(path));
    });
  };
  return { takePlace, drop };
}
