import { OverlayUnavailable } from './faults.ts';
import type { OverlayDriver } from './port.ts';

/**
 * Stands for a driver that is not there: a later version applied the shard's document. All hosts of the shard count as
 * away, so that the other shards are driven.
 */
export function missingDriver({ name, shard }: { name: string; shard: string }): OverlayDriver {
  const away = (): Promise<never> =>
    Promise.reject(
      new OverlayUnavailable(
        `shard ${shard} is driven by ${name}, which is not built in this version: use the version that its document was applied with`,
      ),
    );
  return { name, mark: away, read: away, apply: away };
}
