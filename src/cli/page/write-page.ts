import { closeSync, constants, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { Fault, UsageError } from '../../runtime/errors.ts';
import { reasonOf } from '../../runtime/system-reason.ts';
import { givenPath } from '../path-argument.ts';

/** The option of questions whose answer may be a page. */
export interface HtmlOption {
  readonly html?: string;
}

export function htmlOption(): Option {
  return new Option(
    '--html <file>',
    'also write the answer as a page that people can read and print; the file must not be there yet',
  ).argParser(givenPath);
}

/** The page cannot be written: a full disk, or a folder in which nothing may be written. */
class PageUnwritable extends Fault {
  readonly code = 'PageUnwritable';
  readonly category = 'unreachable';
}

/** Refuses a file that is there already, before anybody waits for an answer. Throws UsageError. */
export function requireNewPage({ html }: HtmlOption): void {
  if (html !== undefined && existsSync(html)) throw thereAlready(html);
}

function thereAlready(path: string): UsageError {
  return new UsageError(`${path} is there already, and is not replaced: name another file for --html`);
}

/** A new file, which no link leads to. */
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes a new file, all of it or nothing. Throws UsageError where something is there already, or no folder for it is; PageUnwritable. */
export function writePage(path: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, newFile, 0o640);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EEXIST' || code === 'ELOOP') throw thereAlready(path);
    const words = `${path} cannot be written: ${reasonOf(cause)}`;
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? new UsageError(words, { cause })
      : new PageUnwritable(words, { cause });
  }
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (cause) {
    rmSync(path, { force: true });
    throw new PageUnwritable(`${path} cannot be written: ${reasonOf(cause)}`, { cause });
  } finally {
    closeSync(descriptor);
  }
}
