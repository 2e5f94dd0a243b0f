import { rmSync } from 'node:fs';
import { companionsOf } from './companions.ts';

/** True for the name of a partial file. */
export function isPartial(name: string): boolean {
  return /\.partial-\d+$/.test(name);
}

/**
 * Works on a partial file beside `path`, and removes it however the work ends, also on SIGINT and SIGTERM. Only kill
 * -9 and loss of power leave it behind, under a name that nobody takes for the finished file.
 */
export async function onPartialFile<Result>(
  path: string,
  work: (partial: string) => Promise<Result>,
): Promise<Result> {
  const partial = `${path}.partial-${String(process.pid)}`;
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
    return await work(partial);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    remove();
  }
}
