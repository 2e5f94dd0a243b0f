import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Brings a file, or the names in a folder, to the disk. Throws the error of the operating system. */
export function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces a file as a whole, and makes its folder if it is missing. A crash at any moment leaves the former file or
 * the new one. When this returns, the new file is on disk. The text is first written to `beside`: processes that may
 * replace the same file at the same time must each name another place. On a failure this throws the error of the
 * operating system, and leaves nothing beside the file.
 */
export function replaceFile(path: string, text: string, { beside = `${path}.new` } = {}): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(beside, text, { flush: true });
    renameSync(beside, path);
    flush(dirname(path));
  } catch (cause) {
    rmSync(beside, { force: true, recursive: true });
    throw cause;
  }
}
