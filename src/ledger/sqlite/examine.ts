import { existsSync } from 'node:fs';
import { Fault } from '../../runtime/errors.ts';
import { LedgerDamaged } from '../faults.ts';
import type { ExaminedLedger, Guards } from '../store.ts';
import { requireConsistent } from './contradictions.ts';
import type { AppendMeans } from './copy.ts';
import { requireReadable } from './files-only.ts';
import { ledgerOver } from './ledger.ts';
import { noFileOfLedger } from './no-ledger.ts';
import { openFile, openToRead } from './reading.ts';
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
  if (!existsSync(path)) throw noFileOfLedger(path, '');
  requireReadable(path);
  const ask = <Answer>(question: () => Answer): Answer => asFault(question, path);
  const reading = ask(() => openToRead(path, 10_000));
  const { database } = reading;
  try {
    ask(() => {
      requireFormat(database, path);
    });
    const ledger = ask(() => ledgerOver(openFile(path, database), { path, readOnly: true, ...surroundings }));
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
      wasDisturbed: reading.isOver,
    };
  } catch (error) {
    database.close();
    throw error;
  }
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
