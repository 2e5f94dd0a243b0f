import { accessSync, constants } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { foundAt } from '../../runtime/sqlite-files.ts';
import { primaryCode, resultCode } from '../../runtime/sqlite-result.ts';
import { RolesUnavailable } from '../faults.ts';
import type { RoleHolder } from '../port.ts';
import { nameHolder, removeHolder } from './holder-file.ts';
import { putRight, requireLock, requireSame, type LockFile } from './lock-file.ts';

/** The time that a new holder has for writing down its name before another one is refused by that name. */
const busyMilliseconds = 250;

/**
 * Takes the lock of a role: a write transaction that stays open on a database of its own, `PLACE.lock`. The operating
 * system frees it when the process ends. The holder's name is written beside it. Undefined if another process has the
 * lock. Throws the errors of SQLite and of the file system.
 */
export function takeLock(place: string, holder: RoleHolder): DatabaseSync | undefined {
  const lock = openLock(`${place}.lock`, { file: putRight(`${place}.lock`), timeout: busyMilliseconds });
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
  // A link leads elsewhere, so that what it leads to says nothing of the lock: no command takes the role until it is removed.
  if (foundAt(`${place}.lock`, { followLinks: false }) !== undefined) requireLock(`${place}.lock`);
  if (!mayTry(`${place}.lock`)) return undefined;
  using lock = openLock(`${place}.lock`, { file: requireLock(`${place}.lock`), timeout: 0 });
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

/**
 * Opens the file that was looked at, before anything is asked of it. SQLite opens it by its path, through links: it makes no file, and
 * lets go of another one at once. Throws RolesUnavailable for another one.
 */
function openLock(path: string, { file, timeout }: { file: LockFile; timeout: number }): DatabaseSync {
  const location = pathToFileURL(path);
  location.searchParams.set('mode', 'rw');
  const lock = new DatabaseSync(location, { timeout });
  try {
    requireSame(path, file);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
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
