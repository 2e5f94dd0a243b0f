import { existsSync } from 'node:fs';
import { readOwnBytes } from '../../runtime/durable-file.ts';
import { isOutOfSight } from '../../runtime/sqlite-files.ts';
import { filesOfState, placesIn } from '../derived.ts';
import { LedgerDamaged, StoreUnavailable } from '../faults.ts';
import { derivedBeside } from './real-file.ts';

/**
 * The fault of a file in which no ledger can be recognised; `why` in words with it as their subject. Where commands noted beside
 * it what they saw of a ledger, it was one: its bytes were changed.
 */
export function noLedger(path: string, why: string): LedgerDamaged | StoreUnavailable {
  return isNotedBeside(path)
    ? new LedgerDamaged(
        `${path} ${why}; what is kept in ${derivedBeside(path)} says that a ledger was there: it was damaged, or another file was put in its place`,
      )
    : new StoreUnavailable(`${path} ${why}; see whether it is the file that was meant, or was damaged`);
}

/** The fault of a path at which no file is to be seen. */
export function noFileOfLedger(path: string, advice: string): StoreUnavailable {
  return isOutOfSight(path)
    ? new StoreUnavailable(
        `whether there is a ledger at ${path} cannot be seen: this account may not enter a folder above it; see its owner and rights, or ask as another account`,
        { namesStep: true },
      )
    : new StoreUnavailable(`there is no ledger at ${path}${advice}`);
}

/** Where a database's header says by which version of SQLite's format it may be written: this program's SQLite knows 1 and 2. */
const writeVersionAt = 18;

/**
 * True unless the header of a database says that it may not be written. For a file that could not be opened for writing: to close it
 * ends the locks that this process has on it.
 */
export function isWritableFormat(path: string): boolean {
  try {
    const version = readOwnBytes(path, { most: writeVersionAt + 1 })[writeVersionAt];
    return version === undefined || version === 1 || version === 2;
  } catch {
    return true;
  }
}

/** True if commands noted how far they saw a ledger at a path. */
export function isNotedBeside(path: string): boolean {
  const { statePath } = placesIn(derivedBeside(path));
  return Object.values(filesOfState(statePath)).some((kept) => existsSync(kept));
}
