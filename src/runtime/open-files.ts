import { closeSync, constants, openSync } from 'node:fs';

/** What to do where the limit of open files is reached. */
export const tooManyFiles = 'too many files are open: raise the limit (ulimit -n)';

/** As many files as SQLite opens for one database: the file, its log, the index of that, and a folder. */
const filesAtOnce = 4;

/** In the place of a folder there may be a pipe, which would be waited for. */
const folderOnly = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * True if too many files are open to open a database in a folder: SQLite does not tell that. The folder is opened, and
 * never a database in it, since closing a file ends the locks that this process has on it.
 */
export function lacksOpenFiles(folder: string): boolean {
  const opened: number[] = [];
  try {
    for (let file = 0; file < filesAtOnce; file += 1) opened.push(openSync(folder, folderOnly));
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
