import type { SyncRequest } from '../apply/drive/sync.ts';
import { listWords } from '../words/lists.ts';
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

/**
 * A progress bar for each shard that is driven; and a word, terminal or not, where its other hosts are driven and some are waited for:
 * whoever cuts somebody off does not sit a minute before nothing.
 */
export function toldOfShards(io: Io): Required<Pick<SyncRequest, 'onProgress' | 'onWaiting'>> {
  return {
    onProgress: ({ shard, done, of }) => {
      showProgress(io, { label: shard, done, of });
    },
    onWaiting: ({ shard, hosts, forMs }) => {
      io.progress(undefined);
      const reasons = Array.from(hosts, ([host, problem]) => `${host} (${problem})`);
      io.err(
        say`isoledger: ${shard}: waiting for ${listWords(reasons)}, for ${Math.ceil(forMs / 1000)} seconds at most (--timeout); no other host waits for that\n`,
      );
    },
  };
}
