import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../runtime/errors.ts';
import { LedgerDamaged, StoreUnavailable } from '../faults.ts';
import type { ExaminedLedger, Guards } from '../store.ts';
import { hasLog } from './companions.ts';
import { openAtRest } from './connection.ts';
import { requireConsistent } from './contradictions.ts';
import type { Surroundings } from './copy.ts';
import { ledgerOver } from './ledger.ts';
import { requireDefinitions, requireFormat } from './recognise.ts';
import { faultOf } from './sqlite-error.ts';

/** A file keeps tables and triggers beside the entries, which can be looked at. */
type ExaminedFile = ExaminedLedger & { readonly guards: Guards };

/**
 * Opens the file without writing anything, also beside it: a file that nobody has open is read at rest, since SQLite
 * would otherwise make its companion files. Throws StoreUnavailable where it cannot be opened or is no ledger,
 * LedgerDamaged where no entries can be read from its tables.
 */
export function openToExamine(path: string, surroundings: Surroundings): ExaminedFile {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new StoreUnavailable(`there is no ledger at ${path}: it is not a file`);
  const atRest = !inUse(path);
  const ask = <Answer>(question: () => Answer): Answer => asFault(question, path);
  const database = ask(() => (atRest ? openAtRest(path) : openInUse(path)));
  try {
    ask(() => {
      requireFormat(database, path);
    });
    const ledger = ask(() => ledgerOver(database, { path, readOnly: true, ...surroundings }));
    return {
      ledger,
      guards: {
        requireDefinitions: () => {
          ask(() => {
            requireDefinitions(database, path);
          });
        },
        requireConsistent: () => {
          ask(() => {
            requireConsistent(database, path);
          });
        },
      },
      wasDisturbed: () => atRest && inUse(path),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whoever has a ledger open keeps the index of the log there; a log that was left behind has to be read too. */
function inUse(path: string): boolean {
  return existsSync(`${path}-shm`) || hasLog(path);
}

function openInUse(path: string): DatabaseSync {
  return new DatabaseSync(resolve(path), { readOnly: true, timeout: 10_000 });
}

/** What SQLite cannot make sense of (a table or column that is not there) is damage as well. */
function asFault<Answer>(question: () => Answer, path: string): Answer {
  try {
    return question();
  } catch (error) {
    const fault = faultOf(error, path);
    if (fault instanceof Fault) throw fault;
    throw new LedgerDamaged(`${path} is damaged: its tables are not those of a ledger`, { cause: error });
  }
}
