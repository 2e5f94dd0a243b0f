import { Fault } from '../../runtime/errors.ts';
import { primaryCode, resultCode, sqliteCode } from '../../runtime/sqlite-result.ts';
import { LedgerDamaged, StoreUnavailable } from '../faults.ts';
import { isWritableFormat, noLedger } from './no-ledger.ts';
import { deviceFailed, obstacleTo } from './obstacle.ts';

/**
 * A write to the write-ahead log failed (SQLITE_IOERR_WRITE). Its transaction is incomplete there, so it never took
 * place.
 */
const writeFailed = 778;

/** True if a COMMIT with this error may have reached the disk all the same: the device failed while flushing. */
export function mayHaveCommitted(error: unknown): boolean {
  return primaryCode(error) === resultCode.inputOutput && sqliteCode(error) !== writeFailed;
}

/**
 * Does work that asks SQLite for something. Even preparing a statement reads the file, and makes the index of its log. Throws the
 * errors of SQLite as `faultOf` turns them.
 */
export function asFault<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw faultOf(error, path);
  }
}

/** Turns an error of SQLite into a fault of the ledger. Faults and programming errors are returned as they are. */
export function faultOf(error: unknown, path: string): unknown {
  if (error instanceof Fault) return error;
  const code = primaryCode(error);
  const obstacle = code === undefined ? undefined : obstacleTo(path, code);
  const unavailable = (what: string): Fault =>
    new StoreUnavailable(obstacle ?? `${path} ${what}`, {
      cause: error,
      isObstructed: obstacle !== undefined,
      namesStep: code === resultCode.busy || code === resultCode.locked,
    });
  switch (code) {
    case resultCode.busy:
    case resultCode.locked:
      return unavailable('is locked by another process for too long: try again, or see which one holds it');
    case resultCode.readOnly:
      if (obstacle === undefined && !isWritableFormat(path))
        return new LedgerDamaged(`${path} is damaged: its first bytes say that it is to be read only`, {
          cause: error,
        });
      return unavailable('cannot be written: see the rights of the file and of its folder');
    case resultCode.inputOutput:
      return unavailable(`cannot be read or written: ${deviceFailed}`);
    case resultCode.full:
      return unavailable('cannot grow: the disk is full, and nothing was kept of this batch');
    case resultCode.cannotOpen:
      return unavailable('cannot be opened: see whether it is a file, and its rights');
    case resultCode.notADatabase:
      return withCause(noLedger(path, 'is not a ledger'), error);
    case resultCode.corrupt:
      return new LedgerDamaged(`${path} is damaged: SQLite finds its pages malformed`, { cause: error });
    case resultCode.constraint:
      return new LedgerDamaged(`${path} is damaged: its head and its entries contradict each other`, {
        cause: error,
      });
    case resultCode.error:
      return isOfOtherTables(error)
        ? new LedgerDamaged(`${path} is damaged: its tables are not those of a ledger`, { cause: error })
        : error;
    default:
      return error;
  }
}

function withCause(fault: Fault, cause: unknown): Fault {
  fault.cause = cause;
  return fault;
}

/** SQLite has one code for many errors. These come from a file that has other tables than it had, or another form. */
function isOfOtherTables(error: unknown): boolean {
  return error instanceof Error && /^(no such (table|column)|unsupported file format)/.test(error.message);
}
