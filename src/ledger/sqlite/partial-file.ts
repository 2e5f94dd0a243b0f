import { rmSync } from 'node:fs';
import { removeLeftOvers } from '../../runtime/left-overs.ts';
import { companionsOf } from '../../runtime/sqlite-files.ts';

const partialMark = '.partial-';

/** True for the name of a partial file. */
export function isPartial(name: string): boolean {
  return /\.partial-\d+$/.test(name);
}

/** Removes the partial files beside `path` of processes that have ended. Who may not do that leaves it to others. */
export function removePartialFiles(path: string): void {
  try {
    removeLeftOvers(path, { mark: partialMark, ending: companionOrNone });
  } catch {
    // They are in nobody's way.
  }
}

const companionOrNone = /^(-wal|-shm|-journal)?$/;

/**
 * Works on a partial file beside `path`, and removes it however the work ends, also on SIGINT and SIGTERM. Only kill
 * -9 and loss of power leave it behind, under a name that nobody takes for the finished file; later work at that path
 * removes it.
 */
export async function onPartialFile<Result>(
  path: string,
  work: (partial: string) => Promise<Result>,
): Promise<Result> {
  const partial = `${path}${partialMark}${String(process.pid)}`;
  const remove = (): void => {
    for (const file of [partial, ...companionsOf(partial)]) rmSync(file, { force: true });
  };
  const stop = (signal: NodeJS.Signals): void => {
    remove();
    process.kill(process.pid, signal);
  };
  remove();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const result = await work(partial);
    removePartialFiles(path);
    return result;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    remove();
  }
}
