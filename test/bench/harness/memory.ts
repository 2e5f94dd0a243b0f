import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const bytesPerMiB = 2 ** 20;

export interface Memory {
  /** Of this process, resident, in MiB. */
  readonly rss: number;
  /** Objects in use, after a garbage collection, in MiB. */
  readonly heap: number;
}

/** Collects garbage, then says what is left. */
export function memoryNow(): Memory {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / bytesPerMiB, heap: (heapUsed + arrayBuffers) / bytesPerMiB };
}
