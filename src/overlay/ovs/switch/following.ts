import type { Clock } from '../../../runtime/clock.ts';
import { OverlayUnavailable } from '../../faults.ts';
import type { OvsdbClient } from '../ovsdb/client.ts';
import { switchTable, type SwitchRow } from '../ovsdb/tables.ts';

/** How long the switch is left alone before it is asked again whether it has followed, at first and at most, in milliseconds. */
const pollMs = { first: 2, most: 100 };

/** How long a switch may take to follow its database, in milliseconds, if nothing else is said. */
const followMsDefault = 30_000;

/** A switch whose database was told something. */
interface ToldSwitch {
  readonly host: string;
  readonly database: OvsdbClient;
  readonly clock: Clock;
}

/**
 * Whether a switch had not yet taken what its database says, as that was read: then a bridge may be there in the database alone, or
 * not take OpenFlow where it is to.
 */
export function isBehind({ next_cfg: asked, cur_cfg: taken }: SwitchRow): boolean {
  return taken < asked;
}

/**
 * Returns once ovs-vswitchd has taken what the database says, or the signal aborts. Throws OverlayUnavailable where that takes too
 * long.
 */
export async function follow(
  { host, database, clock }: ToldSwitch,
  { msMax = followMsDefault, signal }: { msMax?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const startMs = clock.elapsedMs();
  let asked: number | undefined;
  for (let waitMs = pollMs.first; signal?.aborted !== true; waitMs = Math.min(2 * waitMs, pollMs.most)) {
    for (const root of (await database.select(switchTable)).values()) {
      asked ??= root.next_cfg;
      if (root.cur_cfg >= asked) return;
    }
    if (clock.elapsedMs() - startMs > msMax)
      throw new OverlayUnavailable(
        `ovs-vswitchd of host ${host} does not take what its database says: it is not running, or is stuck`,
      );
    await clock.sleep(waitMs, signal);
  }
}
