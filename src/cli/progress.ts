import { say } from '../words/shown.ts';
import type { Io } from './io.ts';

const width = 30;

/** A progress bar on stderr, on a terminal only: rewritten in place, and gone when done. */
export function showProgress(io: Io, { label, done, of }: { label: string; done: number; of: number }): void {
  if (!io.errIsTerminal || of === 0) return;
  const filled = Math.round((done / of) * width);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
  io.progress(done >= of ? undefined : say`${label} ${bar} ${done}/${of}`);
}

/** A progress bar for each shard that is driven. */
export function progressOfShards(io: Io): (progress: { shard: string; done: number; of: number }) => void {
  return ({ shard, done, of }) => {
    showProgress(io, { label: shard, done, of });
  };
}
