import { lstatSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { companionsOf } from '../../runtime/sqlite-files.ts';
import { LedgerForked } from '../faults.ts';
import { hasLog } from './companions.ts';
import { isEmpty } from './recognise.ts';

/** A database that is open for reading. */
export interface OpenToRead {
  readonly database: DatabaseSync;
  /** True if the file was taken to be at rest, and somebody has opened it or written to it since. */
  readonly isOver: () => boolean;
}

/** The least size in bytes of an index of the log that some process uses (a page of SQLite's wal-index). */
const indexBytesMin = 32_768;

/**
 * Opens a ledger's file for reading, and writes neither into it nor beside it, so that it takes nothing but the right
 * to read. A file that is in use is read beside its writers, through the companion files that these made. A file at
 * rest is read without companion files, its log included: that holds until somebody comes to write, which the caller
 * has to ask about. Throws the errors of SQLite, and of the file system.
 */
export function openToRead(path: string, busyMillisecondsMax: number): OpenToRead {
  const beside = openBesideWriters(path, busyMillisecondsMax);
  if (beside !== undefined) return { database: beside, isOver: () => false };
  const looks = looksOf(path);
  const database = hasLog(path) ? openWithLog(path) : openAtRest(path);
  return { database, isOver: () => looksOf(path) !== looks };
}

/**
 * Opens a file that may be in use; undefined for one that nobody uses. A process that has the ledger open keeps the log
 * and its index there. A process that was killed leaves them.
 */
function openBesideWriters(path: string, busyMillisecondsMax: number): DatabaseSync | undefined {
  const [hasLogFile, hasIndex, hasJournal] = companionsOf(path).map(isFile);
  if (hasJournal !== true && !(hasLogFile === true && hasIndex === true)) return undefined;
  const database = new DatabaseSync(resolve(path), { timeout: busyMillisecondsMax, readOnly: true });
  try {
    isEmpty(database);
    return database;
  } catch (error) {
    database.close();
    // An index that no process has filled is a left-over, which there was no right or no room to put in order.
    if (hasJournal === true || indexBytes(path) >= indexBytesMin) throw error;
    return undefined;
  }
}

/** SQLite uses nothing else as a companion file, and follows no link there. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function indexBytes(path: string): number {
  return statSync(`${path}-shm`, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Opens a file with the promise that nobody writes to it. SQLite then neither makes companion files nor looks at
 * them.
 */
function openAtRest(path: string): DatabaseSync {
  return openByUrl(path, { immutable: '1' });
}

/**
 * A log that was left behind holds the last entries. SQLite reads it without an index on disk in exclusive mode, which
 * takes no right to write where locks are left out.
 */
function openWithLog(path: string): DatabaseSync {
  const database = openByUrl(path, { vfs: 'unix-none' });
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  return database;
}

function openByUrl(path: string, options: Readonly<Record<string, string>>): DatabaseSync {
  const location = pathToFileURL(path);
  for (const [name, value] of Object.entries(options)) location.searchParams.set(name, value);
  return new DatabaseSync(location, { readOnly: true });
}

/** The parts of the files that change when anybody opens the ledger for writing, or writes to it. */
function looksOf(path: string): string {
  return [path, `${path}-wal`, `${path}-shm`]
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined ? '' : [found.ino, found.size, found.mtimeNs].join()))
    .join(' ');
}

/** An open file. One that was read at rest is opened anew when somebody comes to write to it. */
export class OpenFile {
  readonly #path: string;
  readonly #open: () => OpenToRead;
  readonly #file: bigint | undefined;
  #reading: OpenToRead;

  constructor(path: string, open: () => OpenToRead) {
    this.#path = path;
    this.#open = open;
    this.#reading = open();
    this.#file = fileOf(path);
  }

  get database(): DatabaseSync {
    return this.#reading.database;
  }

  /**
   * True if what was read may be wrong, since somebody wrote to the file meanwhile. It is then open anew. Throws
   * LedgerForked where another file has taken its place.
   */
  renew(): boolean {
    if (!this.#reading.isOver()) return false;
    if (fileOf(this.#path) !== this.#file) throw new LedgerForked({ replaced: this.#path });
    // It is closed already where it could not be opened anew the last time.
    if (this.#reading.database.isOpen) this.#reading.database.close();
    this.#reading = this.#open();
    return true;
  }
}

/** An open database as a file that follows its writers by itself. */
export function openFile(path: string, database: DatabaseSync): OpenFile {
  return new OpenFile(path, () => ({ database, isOver: () => false }));
}

function fileOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
