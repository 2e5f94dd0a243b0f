import { DatabaseSync } from 'node:sqlite';
import { LedgerDamaged } from '../faults.ts';
import { integerOf } from './columns.ts';
import { noLedger } from './no-ledger.ts';
import { applicationId, formatVersion, laggingFormatVersion, schema } from './schema.ts';

/** True if there is nothing in the file yet. */
export function isEmpty(database: DatabaseSync): boolean {
  return pragma(database, 'application_id') === 0 && tables(database) === 0;
}

/**
 * Throws StoreUnavailable for a file that is no ledger of a format that is known; LedgerDamaged for changed tables or triggers.
 */
export function requireLedger(database: DatabaseSync, path: string): void {
  requireFormat(database, path);
  requireDefinitions(database, path);
}

/** Throws StoreUnavailable for a file that is no ledger of a format that is known. */
export function requireFormat(database: DatabaseSync, path: string): void {
  if (pragma(database, 'application_id') !== applicationId) {
    const what = tables(database) === 0 ? 'nothing' : 'the tables of another program';
    throw noLedger(path, `is not a ledger: it holds ${what}`);
  }
  const version = formatOf(database);
  if (version !== formatVersion && version !== laggingFormatVersion) {
    throw noLedger(
      path,
      `says that it is a ledger of format ${String(version)}, and this program reads formats ${String(laggingFormatVersion)} and ${String(formatVersion)}: another version of isoledger wrote it, which is to be used then, or its bytes were changed`,
    );
  }
}

/** The format that a ledger says it has. */
export function formatOf(database: DatabaseSync): number {
  return pragma(database, 'user_version');
}

/** Throws LedgerDamaged if a table, an index or a trigger is missing, was added, or was changed. */
export function requireDefinitions(database: DatabaseSync, path: string): void {
  if (definitions(database) !== expectedDefinitions()) {
    throw new LedgerDamaged(
      `${path} is damaged: its tables, or the triggers that guard them, are not as they were created`,
    );
  }
}

function expectedDefinitions(): string {
  using fresh = new DatabaseSync(':memory:');
  fresh.exec(schema);
  return definitions(fresh);
}

/** Every table, index and trigger, except SQLite's own. */
function definitions(database: DatabaseSync): string {
  const rows = database.prepare(
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  );
  return JSON.stringify(rows.all());
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return integerOf(database.prepare(`PRAGMA ${name}`).get(), name);
}

function tables(database: DatabaseSync): number {
  return integerOf(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), 'tables');
}
