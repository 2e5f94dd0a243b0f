import { statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileBytesMax } from '../../runtime/file-size-limit.ts';
import { kernelFolderWords } from '../../runtime/kernel-folder.ts';
import { lacksOpenFiles, tooManyFiles } from '../../runtime/open-files.ts';
import { companionsOf, foundAt } from '../../runtime/sqlite-files.ts';
import { resultCode } from '../../runtime/sqlite-result.ts';
import { closedToReading, closedToWriting } from './rights.ts';

/** Below this SQLite cannot make the index of a log (32 KiB), nor append anything. */
const freeBytesMin = 65_536;

/**
 * Why SQLite could not open, read or write a file, as far as the machine shows it: SQLite has one code for many
 * reasons. A whole clause with its subject; undefined where nothing is to be seen.
 */
export function obstacleTo(path: string, code: number): string | undefined {
  switch (code) {
    case resultCode.readOnly:
      return closedWords(closedToWriting(path), 'written');
    case resultCode.cannotOpen:
      return (
        kernelFolderWords(path) ??
        openFilesWords(path) ??
        closedWords(closedToReading(path), 'read') ??
        closedWords(closedToWriting(path), 'written') ??
        limitWords(path) ??
        fullWords(path)
      );
    case resultCode.inputOutput:
      return limitWords(path) ?? fullWords(path);
    default:
      return undefined;
  }
}

function closedWords(files: readonly string[], done: 'read' | 'written'): string | undefined {
  if (files.length === 0) return undefined;
  return `${files.join(', ')} cannot be ${done} by this account: see owner and rights, and whether the disk is read-only`;
}

/** The limit on open files, if it is reached; undefined for none. */
export function openFilesWords(path: string): string | undefined {
  return lacksOpenFiles(dirname(resolve(path))) ? `${path} cannot be opened: ${tooManyFiles}` : undefined;
}

/** The limit on the size of files, if one of a database has come near to it; undefined for none. SQLite does not tell it. */
export function limitWords(path: string): string | undefined {
  const most = fileBytesMax();
  if (most === undefined) return undefined;
  const isNear = [path, ...companionsOf(path)].some(
    (file) => (foundAt(file)?.size ?? 0) + freeBytesMin > most,
  );
  return isNear
    ? `${path} cannot be written: this process may write no file of more than ${String(most)} bytes: raise the limit (ulimit -f)`
    : undefined;
}

/** SQLite says of a quota, where there is room on the disk, what it says of a device that failed. */
export const deviceFailed = 'the device failed, or a quota leaves this account no room';

/** True if a disk has too little room for a database, or can hold no further file. */
export function isFull(path: string): boolean {
  return isFullAt(dirname(resolve(path)));
}

function fullWords(path: string): string | undefined {
  return isFull(path)
    ? `${path} cannot be written: the disk is full, and nothing was kept of this`
    : undefined;
}

/** False where nothing is to be seen, as in a folder that was removed meanwhile. Some file systems do not count files: they say 0. */
function isFullAt(folder: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    return bavail * bsize < freeBytesMin || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}
