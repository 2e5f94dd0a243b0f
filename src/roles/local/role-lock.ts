import { accessSync, chmodSync, closeSync, constants, ftruncateSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { giveToOwnerOf } from '../../runtime/durable-file.ts';
import { primaryCode, resultCode } from '../../runtime/sqlite-result.ts';
import { noFileAt, noFilesBeside } from '../../runtime/sqlite-files.ts';
import { RolesUnavailable } from '../faults.ts';
import type { RoleHolder } from '../port.ts';
import { nameHolder, removeHolder } from './holder-file.ts';

/** The time that a new holder has for writing down its name before another one is refused by that name. */
const busyMilliseconds = 250;

/**
 * Takes the lock of a role: a write transaction that stays open on a database of its own, `PLACE.lock`. The operating
 * system frees it when the process ends. The holder's name is written beside it. Undefined if another process has the
 * lock. Throws the errors of SQLite and of the file system.
 */
export function takeLock(place: string, holder: RoleHolder): DatabaseSync | undefined {
  requireFiles(`${place}.lock`);
  closeToReaders(`${place}.lock`);
  emptyLock(`${place}.lock`);
  const lock = new DatabaseSync(`${place}.lock`, { timeout: busyMilliseconds });
  try {
    // Nothing is written to it, and no journal has to be left behind by a holder that is killed.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
    // On a file that cannot be written SQLite begins a transaction that only reads, and excludes nobody.
    accessSync(`${place}.lock`, constants.W_OK);
    nameHolder(place, holder);
    return lock;
  } catch (error) {
    lock.close();
    if (primaryCode(error) === resultCode.busy) return undefined;
    throw error;
  }
}

/**
 * Tries the lock for an instant and writes nothing. A process that wants the role waits longer than that. Undefined
 * for whoever may not write to the lock, and so cannot try it.
 */
export function isLocked(place: string): boolean | undefined {
  if (!mayTry(`${place}.lock`)) return undefined;
  requireFiles(`${place}.lock`);
  using lock = new DatabaseSync(`${place}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    if (primaryCode(error) === resultCode.busy) return true;
    if (primaryCode(error) === resultCode.notADatabase)
      throw new RolesUnavailable(
        `${place}.lock is no lock, since it is not empty: the next command that takes the role empties it`,
        { cause: error },
      );
    throw error;
  }
}

/** Throws RolesUnavailable for what SQLite would wait for, or not name: it opens a lock, and a journal beside it. */
function requireFiles(lock: string): void {
  const found = noFileAt(lock) ?? noFilesBeside(lock).at(0);
  if (found !== undefined)
    throw new RolesUnavailable(
      `${found.path} is ${found.kind}, where ${lock} needs a file: see who made it, and remove it`,
    );
}

/** A new file, which no link leads to. */
const newFile = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Makes a lock, or corrects one that is there: it is for its owner alone. Whoever may read a file may lock it for reading,
 * and so keep everybody else from the role. Throws the error of the operating system.
 */
function closeToReaders(lock: string): void {
  const found = statSync(lock, { throwIfNoEntry: false });
  if (found === undefined) makeLock(lock);
  else if ((found.mode & 0o077) !== 0 && [0, found.uid].includes(process.geteuid?.() ?? 0))
    chmodSync(lock, 0o600);
}

/** A file that is new has no locks yet, which closing it would end. */
function makeLock(lock: string): void {
  try {
    const descriptor = openSync(lock, newFile, 0o600);
    try {
      giveToOwnerOf(dirname(lock), descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    // Another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/**
 * Empties a lock: nothing is ever written to one, and SQLite takes no lock on what is no database. A process that holds
 * it goes on holding it, since the file stays the same one; so it is not deleted. It is not closed again either, which
 * would end the locks that this process has on it. Throws RolesUnavailable for a file with another name, which may be
 * somebody's; and the error of the operating system.
 */
function emptyLock(lock: string): void {
  const found = statSync(lock, { throwIfNoEntry: false });
  if (found === undefined || found.size === 0) return;
  if (found.nlink > 1)
    throw new RolesUnavailable(
      `${lock} is no lock, since it is not empty, and it has another name (a hard link): see who made it, and remove it`,
    );
  ftruncateSync(openSync(lock, 'r+'));
}

function mayTry(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Gives a lock back, and removes the name of its holder first. A second call does nothing. */
export function release(lock: DatabaseSync, place: string): void {
  if (!lock.isOpen) return;
  removeHolder(place);
  lock.close();
}
