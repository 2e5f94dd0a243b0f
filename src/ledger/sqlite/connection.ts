import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { primaryCode, resultCode, sqliteCode } from '../../runtime/sqlite-result.ts';
import { isOutOfSight, noFilesBeside } from '../../runtime/sqlite-files.ts';
import { StoreUnavailable } from '../faults.ts';
import { createFolder } from './durable.ts';
import { requireFilesOnly, requireReadable } from './files-only.ts';
import { isNotedBeside, noFileOfLedger } from './no-ledger.ts';
import { OpenFile, openFile, openToRead } from './reading.ts';
import { isEmpty, requireLedger } from './recognise.ts';
import { closedToWriting, makeWritable } from './rights.ts';
import { applicationId, formatVersion, schema } from './schema.ts';
import { faultOf } from './sqlite-error.ts';

interface ReadingOptions {
  readonly path: string;
  /** The longest wait for another process that is writing, in milliseconds. */
  readonly busyMillisecondsMax: number;
}

interface ConnectionOptions extends ReadingOptions {
  /** Creates the file and its folder if they are missing. */
  readonly create: boolean;
  /** The id of a ledger that is created. */
  readonly newId: () => string;
}

/**
 * Opens the file as a ledger of a format that is known. A file that is something else is not written to. Throws
 * StoreUnavailable; LedgerDamaged for a ledger whose tables or triggers were changed.
 */
export function openConnection(options: ConnectionOptions): DatabaseSync {
  const { path, create, busyMillisecondsMax, newId } = options;
  requirePresence(options);
  requireFilesOnly(path);
  return asFault(path, () => {
    makeWritable(path);
    // The path is resolved, since SQLite gives some relative names a meaning of its own (`:memory:`, `file:...`).
    const database = new DatabaseSync(resolve(path), { timeout: busyMillisecondsMax, defensive: true });
    try {
      if (create && isEmpty(database) && !isNotedBeside(path)) createTables(database, newId());
      requireLedger(database, path);
      configure(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** As openConnection, for reading only: it takes no right to write, and no room on the disk. */
export function openForReading({ path, busyMillisecondsMax }: ReadingOptions): OpenFile {
  requirePresence({ path, create: false });
  requireReadable(path);
  return asFault(path, () => {
    const file = new OpenFile(path, () => openToRead(path, busyMillisecondsMax));
    try {
      requireLedger(file.database, path);
      return file;
    } catch (error) {
      file.database.close();
      throw error;
    }
  });
}

/**
 * Opens the file for whoever only asks: for writing, as its owner, who tidies up what a killed writer left; for
 * reading where that cannot be. Throws as openConnection.
 */
export function openForAsking(options: ReadingOptions): OpenFile {
  const { path } = options;
  if (closedToWriting(path).length > 0 || noFilesBeside(path).length > 0) return openForReading(options);
  try {
    return openFile(path, openConnection({ ...options, create: false, newId: () => '' }));
  } catch (error) {
    if (!isRefusedWriting(error)) throw error;
    return openForReading(options);
  }
}

/** True if SQLite could not write: for lack of rights or of room, or since the medium is read-only or broken. */
function isRefusedWriting(error: unknown): boolean {
  const code = error instanceof StoreUnavailable ? primaryCode(error.cause) : undefined;
  return code !== undefined && writingRefused.has(code);
}

const writingRefused = new Set<number>([
  resultCode.readOnly,
  resultCode.cannotOpen,
  resultCode.full,
  resultCode.inputOutput,
]);

function requirePresence({ path, create }: Pick<ConnectionOptions, 'path' | 'create'>): void {
  if (existsSync(path)) return;
  if (!create || isOutOfSight(path))
    throw noFileOfLedger(path, ': see whether the path is right; isoledger apply creates a ledger');
  createFolder(dirname(resolve(path)), { of: path });
}

/**
 * Several processes may create the same file at once. The first process makes the tables, and the others find them.
 */
function createTables(database: DatabaseSync, id: string): void {
  database.exec('BEGIN IMMEDIATE');
  if (isEmpty(database)) {
    database.exec(schema);
    database.prepare('INSERT INTO ledger (one, id) VALUES (1, ?)').run(id);
    database.exec('INSERT INTO head (one, size) VALUES (1, 0)');
    database.exec(`PRAGMA application_id = ${String(applicationId)}`);
    database.exec(`PRAGMA user_version = ${String(formatVersion)}`);
  }
  database.exec('COMMIT');
}

/** Each commit is durable, readers work beside a writer, and INSERT OR REPLACE too fires the triggers on DELETE. */
function configure(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF');
}

function asFault<Result>(path: string, open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    const fault = faultOf(error, path);
    throw sqliteCode(fault) === undefined
      ? fault
      : new StoreUnavailable(`${path} cannot be opened: see whether it is a file, and its rights`, {
          cause: fault,
        });
  }
}
