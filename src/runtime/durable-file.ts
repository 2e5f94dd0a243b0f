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
 * Replaces a file as a whole; its folder is made where it is missing. A crash at any moment leaves the former file or the
 * new one, and when this returns the new one is on disk. The text is first written beside it, to `beside`: processes that
 * may replace the same file at the same time must each name another place. Throws the error of the operating system, and
 * then leaves nothing beside the file.
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
