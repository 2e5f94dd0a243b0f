import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../runtime/errors.ts';
import { LedgerDamaged, StoreUnavailable } from '../faults.ts';
import type { ExaminedLedger, Guards } from '../store.ts';
import { hasLog } from './companions.ts';
import { openAtRest } from './connection.ts';
import { requireConsistent } from './contradictions.ts';
import type { AppendMeans } from './copy.ts';
import { ledgerOver } from './ledger.ts';
import { requireDefinitions, requireFormat } from './recognise.ts';
import { faultOf } from './sqlite-error.ts';

/** A ledger in a file has tables and triggers beside its entries, and they can be checked. */
type ExaminedFile = ExaminedLedger & { readonly guards: Guards };

/**
 * Opens the file without writing into it or beside it. A file that nobody has open is read at rest, since SQLite
 * would otherwise make its companion files. Throws StoreUnavailable if the file cannot be opened or is no ledger;
 * LedgerDamaged if no entries can be read from its tables.
 */
export function openToExamine(path: string, surroundings: AppendMeans): ExaminedFile {
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

/**
 * A process that has the ledger open keeps the index of the log there. A log that was left behind has to be read too.
 */
function inUse(path: string): boolean {
  return existsSync(`${path}-shm`) || hasLog(path);
}

function openInUse(path: string): DatabaseSync {
  return new DatabaseSync(resolve(path), { readOnly: true, timeout: 10_000 });
}

/** A table or column that SQLite does not find is damage as well. */
function asFault<Answer>(question: () => Answer, path: string): Answer {
  try {
    return question();
  } catch (error) {
    const fault = faultOf(error, path);
    if (fault instanceof Fault) throw fault;
    throw new LedgerDamaged(`${path} is damaged: its tables are not those of a ledger`, { cause: error });
  }
}
