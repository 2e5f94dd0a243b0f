import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { primaryCode, resultCode, sqliteCode } from '../../runtime/sqlite-result.ts';
import { StoreUnavailable } from '../faults.ts';
import { hasLog } from './companions.ts';
import { createFolder } from './durable.ts';
import { isEmpty, requireLedger } from './recognise.ts';
import { applicationId, formatVersion, schema } from './schema.ts';
import { faultOf } from './sqlite-error.ts';

interface ConnectionOptions {
  readonly path: string;
  /** Creates the file and its folder if they are missing. */
  readonly create: boolean;
  readonly readOnly: boolean;
  /** The longest wait for another process that is writing, in milliseconds. */
  readonly busyMillisecondsMax: number;
  /** The id of a ledger that is created. */
  readonly newId: () => string;
}

/**
 * Opens the file as a ledger of this format. A file that is something else is not written to. Throws
 * StoreUnavailable; LedgerDamaged for a ledger whose tables or triggers were changed.
 */
export function openConnection(options: ConnectionOptions): DatabaseSync {
  const { path, create, readOnly } = options;
  requirePresence(options);
  try {
    const database = readOnly ? openReadOnly(options) : openFile(options);
    try {
      if (isEmpty(database) && create && !readOnly) createTables(database, options.newId());
      requireLedger(database, path);
      configure(database, readOnly);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    const fault = faultOf(error, path);
    throw sqliteCode(fault) === undefined
      ? fault
      : new StoreUnavailable(`${path} cannot be opened: see whether it is a file, and its rights`, {
          cause: fault,
        });
  }
}

function requirePresence({ path, create, readOnly }: ConnectionOptions): void {
  if (existsSync(path)) return;
  if (!create || readOnly) {
    throw new StoreUnavailable(
      `there is no ledger at ${path}: see whether the path is right; isoledger apply creates a ledger`,
    );
  }
  createFolder(dirname(resolve(path)), { of: path });
}

function openFile({ path, busyMillisecondsMax }: ConnectionOptions): DatabaseSync {
  // The path is resolved, since SQLite gives some relative names a meaning of its own (`:memory:`, `file:...`).
  return new DatabaseSync(resolve(path), { timeout: busyMillisecondsMax, defensive: true });
}

/**
 * SQLite reads a database with a write-ahead log through two companion files. On read-only media it cannot make them,
 * so the file is opened at rest. At rest SQLite overlooks the log: that is done only if there is no log.
 */
function openReadOnly({ path, busyMillisecondsMax }: ConnectionOptions): DatabaseSync {
  const database = new DatabaseSync(resolve(path), { timeout: busyMillisecondsMax, readOnly: true });
  try {
    isEmpty(database);
    return database;
  } catch (error) {
    database.close();
    const code = primaryCode(error);
    const noCompanions = code === resultCode.cannotOpen || code === resultCode.readOnly;
    if (!noCompanions || hasLog(path)) throw error;
    return openAtRest(path);
  }
}

/**
 * Opens a file with the promise that nobody writes to it. SQLite then neither makes companion files nor looks at
 * them.
 */
export function openAtRest(path: string): DatabaseSync {
  const location = pathToFileURL(path);
  location.searchParams.set('immutable', '1');
  return new DatabaseSync(location, { readOnly: true });
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
function configure(database: DatabaseSync, readOnly: boolean): void {
  if (!readOnly) database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF');
}
