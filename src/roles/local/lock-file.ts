import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { giveToOwnerOfFolder } from '../../runtime/durable-file.ts';
import { foundAt, kindOf, noFilesBeside } from '../../runtime/sqlite-files.ts';
import { RolesUnavailable } from '../faults.ts';

/** A new file, which no link leads to. */
const newFile = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What is there, but through no link, and without waiting for whoever should read from a pipe. */
const ownFile = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The file that a path led to: its device and its number there. */
export type LockFile = Pick<Stats, 'dev' | 'ino'>;

/**
 * Makes a lock, or puts right one that is there: it is for its owner alone, since whoever may read a file may lock it for reading,
 * and so keep everybody else from the role; and it is empty, since SQLite takes no lock on what is no database. It is never
 * replaced: a process that holds it goes on holding it. Throws RolesUnavailable, and the error of the operating system.
 */
export function putRight(lock: string): LockFile {
  if (foundAt(lock, { followLinks: false }) === undefined) makeLock(lock);
  const found = requireLock(lock);
  if (isRight(found)) return found;
  return putRightOpen(lock);
}

/**
 * What stands at a path, if it may be a lock. Throws RolesUnavailable for a link; for a file with another name, which may be
 * somebody's; and for what SQLite would wait for, or not name: it opens a lock, and a journal beside it.
 */
export function requireLock(lock: string): Stats {
  const found = lstatSync(lock);
  requireFile(found, lock);
  const beside = noFilesBeside(lock).at(0);
  if (beside !== undefined) throw inTheWay(beside.path, { kind: beside.kind, lock });
  return found;
}

/** Throws RolesUnavailable if a path leads to another file than before. */
export function requireSame(lock: string, { dev, ino }: LockFile): void {
  const found = requireLock(lock);
  if (found.dev !== dev || found.ino !== ino)
    throw new RolesUnavailable(`${lock} was replaced while it was taken: see who did that`);
}

function requireFile(found: Stats, lock: string): void {
  if (!found.isFile()) throw inTheWay(lock, { kind: kindOf(found), lock });
  if (found.nlink > 1)
    throw new RolesUnavailable(
      `${lock} is no lock, since it has another name (a hard link): see who made it, and remove it`,
    );
}

function inTheWay(path: string, { kind, lock }: { kind: string; lock: string }): RolesUnavailable {
  return new RolesUnavailable(
    `${path} is ${kind}, where ${path === lock ? 'a lock has to be' : `${lock} needs a file`}: see who made it, and remove it`,
  );
}

function isRight({ mode, size, uid }: Stats): boolean {
  const isClosed = (mode & 0o077) === 0 || ![0, uid].includes(process.geteuid?.() ?? uid);
  return isClosed && size === 0;
}

/** A file that is new has no locks yet, which closing it would end. */
function makeLock(lock: string): void {
  try {
    const descriptor = openSync(lock, newFile, 0o600);
    try {
      giveToOwnerOfFolder(dirname(lock), descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/**
 * Changes the file that was opened and looked at, whatever stands at its path by then: who may write to the folder may have put
 * something else there. It is not closed again, which would end the locks that this process has on it. Root changes no file but
 * those of the folder's owner: a link in place of a folder above may have led to another one.
 */
function putRightOpen(lock: string): LockFile {
  const owner = lstatSync(dirname(lock)).uid;
  const descriptor = openSync(lock, ownFile);
  const found = fstatSync(descriptor);
  requireFile(found, lock);
  const account = process.geteuid?.() ?? found.uid;
  if (found.uid !== (account === 0 ? owner : account))
    throw new RolesUnavailable(
      `${lock} is not as a lock is made, and belongs to another account (number ${String(found.uid)}): see who made it, and remove it`,
    );
  if ((found.mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
  if (found.size > 0) ftruncateSync(descriptor);
  return found;
}
