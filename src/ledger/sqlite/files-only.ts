import { inTheWayWords, noFileAt, noFilesBeside, type NoFile } from '../../runtime/sqlite-files.ts';
import { StoreUnavailable } from '../faults.ts';
import { hasLog } from './companions.ts';

/** Throws StoreUnavailable if a path leads to something else than a file. */
function requireFile(path: string): void {
  const found = noFileAt(path);
  if (found !== undefined)
    throw new StoreUnavailable(`${path} is ${found.kind}: name the file of the ledger`);
}

/** As requireFile, for whoever writes: SQLite then opens or makes the files beside it too. */
export function requireFilesOnly(path: string): void {
  requireFile(path);
  const [found] = noFilesBeside(path);
  if (found !== undefined) throw inTheWay(found, path);
}

/**
 * As requireFile, for whoever reads. No process has a log in something else than a file, so that the ledger is read at
 * rest, without it. A link is refused: somebody may have moved the log away, and with it the last entries. So is a
 * journal that SQLite would look into, since it reads a log that is there.
 */
export function requireReadable(path: string): void {
  requireFile(path);
  const isLogRead = hasLog(path);
  const found = noFilesBeside(path).find(
    (one) => one.kind === 'a link' || (isLogRead && one.path.endsWith('-journal')),
  );
  if (found !== undefined) throw inTheWay(found, path);
}

function inTheWay(found: NoFile, path: string): StoreUnavailable {
  return new StoreUnavailable(inTheWayWords(found, path), { namesStep: true });
}
