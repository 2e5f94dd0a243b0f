import { lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A process of another machine, or of another container, may write there: its number tells nothing here. */
const hourMs = 3_600_000;

export interface LeftOverNames {
  /** What follows the name of the file; then comes the number of a process, and nothing more but one of `endings`. */
  readonly mark: string;
  readonly endings?: readonly string[];
}

/**
 * Removes what broken-off writes of a file left beside it, under the file's name with `mark` and the number of a
 * process. It has to be surely out of use: that process has ended, and the left-over is an hour older than the file.
 * Whatever is no file is left alone, and so is all in a folder that cannot be looked through.
 */
export function removeLeftOvers(path: string, { mark, endings = [] }: LeftOverNames): void {
  const prefix = `${basename(path)}${mark}`;
  const now = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (now === undefined) return;
  for (const name of namesIn(dirname(path))) {
    const pid = name.startsWith(prefix) ? pidIn(name.slice(prefix.length), endings) : undefined;
    if (pid === undefined || isRunning(pid)) continue;
    const left = join(dirname(path), name);
    const found = lstatSync(left, { throwIfNoEntry: false });
    if (found?.isFile() === true && now - found.mtimeMs > hourMs) rmSync(left, { force: true });
  }
}

/** The number that a name ends with, an ending aside; undefined for the name of something else. */
function pidIn(rest: string, endings: readonly string[]): number | undefined {
  const ending = endings.find((one) => rest.endsWith(one)) ?? '';
  const number = rest.slice(0, rest.length - ending.length);
  return /^\d+$/.test(number) ? Number(number) : undefined;
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
