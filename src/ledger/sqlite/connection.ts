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
  /** Creates the file, and the folder that it lies in, where there is none. */
  readonly create: boolean;
  readonly readOnly: boolean;
  /** How long to wait for another process that is writing, in milliseconds. */
  readonly busyMillisecondsMax: number;
  /** The id of a ledger that is created. */
  readonly newId: () => string;
}

/**
 * Opens the file as a ledger of this format. Nothing is written to a file that is something else.
 * Throws StoreUnavailable; LedgerDamaged for a ledger whose tables or triggers were changed.
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
  // Resolved, since SQLite has meanings of its own for some relative names (`:memory:`, `file:...`).
  return new DatabaseSync(resolve(path), { timeout: busyMillisecondsMax, defensive: true });
}

/**
 * SQLite reads a write-ahead-log database by way of two companion files. Where these cannot be made (media that is
 * read-only), it takes the promise that nobody writes, which also makes it overlook the log: so only without a log.
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

/** Opens a file on the promise that nobody writes to it: no companion file is made, or looked at. */
export function openAtRest(path: string): DatabaseSync {
  const location = pathToFileURL(path);
  location.searchParams.set('immutable', '1');
  return new DatabaseSync(location, { readOnly: true });
}

/** Several processes may come to create the same file: the first one does, the others find it done. */
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

/** Durable at each commit, readers beside a writer, and the triggers on DELETE asked even by INSERT OR REPLACE. */
function configure(database: DatabaseSync, readOnly: boolean): void {
  if (!readOnly) database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF');
}
