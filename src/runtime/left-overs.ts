import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isUnderWay } from './replace-in-background.ts';

/** The largest number that Linux gives to a process: a longer one is somebody's own name, such as a date. */
const pidMax = 4_194_304;

export interface LeftOverNames {
  /** What follows the name of the file; then comes the number of a process. */
  readonly mark: string;
  /** What may follow that number; nothing if left out. */
  readonly ending?: RegExp;
}

/**
 * Removes what broken-off writes of a file left beside it, under the file's name with `mark` and the number of a
 * process that has ended. Whatever is no file is left alone, and so is all in a folder that cannot be looked through. For
 * files that only processes of one machine write: elsewhere the number tells nothing. Throws the error of the operating system.
 */
export function removeLeftOvers(path: string, { mark, ending = /^$/ }: LeftOverNames): void {
  const prefix = `${basename(path)}${mark}`;
  for (const name of namesIn(dirname(path))) {
    const pid = name.startsWith(prefix) ? pidIn(name.slice(prefix.length), ending) : undefined;
    if (pid === undefined || isRunning(pid)) continue;
    const left = join(dirname(path), name);
    if (lstatSync(left, { throwIfNoEntry: false })?.isFile() === true) rmSync(left, { force: true });
  }
}

/**
 * Removes the files of a folder that broken-off writes left beside those whose names end so. Only for whoever alone may write there: one
 * that this process is writing now stays. So does whatever is no file, and what cannot be removed, which is in nobody's way.
 */
export function removeBrokenOff(folder: string, ending: string): void {
  const names = namesIn(folder).filter((name) => name.endsWith(`${ending}.new`));
  for (const left of names.map((name) => join(folder, name))) {
    try {
      // Behind a link lie files of somebody else.
      const isHere = !lstatSync(folder).isSymbolicLink() && lstatSync(left).isFile();
      if (isHere && !isUnderWay(left)) rmSync(left, { force: true });
    } catch {
      // Whoever writes that file next replaces it.
    }
  }
}

/** The number that a name goes on with; undefined for the name of something else. */
function pidIn(rest: string, ending: RegExp): number | undefined {
  const [digits = ''] = /^[1-9]\d*/.exec(rest) ?? [];
  const pid = Number(digits);
  return digits !== '' && pid <= pidMax && ending.test(rest.slice(digits.length)) ? pid : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another account's process may not be signalled, and runs.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
