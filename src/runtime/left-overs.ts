import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A process of another machine, or of another container, may write there: its number tells nothing here. */
const hourMs = 3_600_000;

/**
 * Removes what broken-off writes of a file left beside it, under the file's name with `mark` and the number of a
 * process. It has to be surely out of use: that process has ended, and the left-over is an hour older than the file.
 */
export function removeLeftOvers(path: string, { mark }: { mark: string }): void {
  const prefix = `${basename(path)}${mark}`;
  const { mtimeMs: now } = statSync(path);
  for (const name of readdirSync(dirname(path))) {
    const pid = name.startsWith(prefix) ? /^\d+/.exec(name.slice(prefix.length))?.[0] : undefined;
    if (pid === undefined || isRunning(Number(pid))) continue;
    const left = join(dirname(path), name);
    const written = statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (now - written > hourMs) rmSync(left, { force: true });
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
