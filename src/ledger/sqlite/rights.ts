import { accessSync, constants, existsSync, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { companionsOf } from '../../runtime/sqlite-files.ts';
import { StoreUnavailable } from '../faults.ts';

/** True if this process may write to a file or folder: by its rights, and by the medium. */
function isWritable(path: string): boolean {
  return mayDo(path, constants.W_OK);
}

/**
 * Lets the companion files of a ledger be written where the ledger itself may be. SQLite gives a companion the rights
 * that the ledger has at that moment. So a ledger that was read-only for a while may be left with a companion that
 * still is. The owner of such a file gives it the ledger's rights. Throws StoreUnavailable, which names the file.
 */
export function makeWritable(path: string): void {
  if (!isWritable(path)) return;
  for (const file of companionsOf(path).filter((one) => existsSync(one) && !isWritable(one))) {
    try {
      giveRightsOf(path, file);
    } catch (cause) {
      throw new StoreUnavailable(refusal(file, path), { cause });
    }
    if (!isWritable(file)) throw new StoreUnavailable(refusal(file, path));
  }
}

/**
 * The file that was opened is changed, whatever stands there by then, and through no link. It is not closed again, which would end
 * the locks that this process may have on it.
 */
function giveRightsOf(path: string, file: string): void {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = fstatSync(descriptor);
  if (!found.isFile() || found.nlink > 1) throw new Error(`${file} is no file of its own`);
  fchmodSync(descriptor, statSync(path).mode & 0o777);
}

function refusal(file: string, path: string): string {
  return `${file} cannot be written, and ${path} can: give it the owner and the rights of ${path} (chown and chmod, with --reference=${path})`;
}

/** The files of a ledger, and its folder, that are there and that this process may not write to. */
export function closedToWriting(path: string): string[] {
  return [path, ...companionsOf(path), dirname(resolve(path))].filter(
    (file) => existsSync(file) && !isWritable(file),
  );
}

/** The files of a ledger that are there and that this process may not read. */
export function closedToReading(path: string): string[] {
  return [path, ...companionsOf(path)].filter((file) => existsSync(file) && !mayDo(file, constants.R_OK));
}

function mayDo(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
